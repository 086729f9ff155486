/**
 * Reads what `strace -f -y -xx -o FILE` wrote: the system calls of all threads, each with the moments it began and
 * ended. The two are told apart because a cut may fall between them: a write may have happened once it began, a sync
 * has promised something only once it returned.
 */

/** A system call that ended without an error. */
export interface SystemCall {
  readonly name: string;
  /** As written, without the commas between them. */
  readonly args: readonly string[];
  readonly result: number;
  /** Numbers of lines of the trace; equal when nothing came between. */
  readonly began: number;
  readonly ended: number;
}

const BEGUN = /^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (.*)$/;
const WHOLE = /^(\d+) +(\w+)\((.*)\) += (.*)$/;
/** A signal, and the end of a thread. */
const NO_CALL = /^\d+ +(---|\+\+\+) /;

/** The calls in the order in which they ended; without those that failed, and those that never came back. */
export function systemCalls(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { readonly name: string; readonly text: string; readonly began: number }>();
  const end = (name: string, text: string, result: string, began: number, ended: number): void => {
    const value = Number.parseInt(result, result.startsWith('0x') ? 16 : 10);
    if (value >= 0) calls.push({ name, args: argumentsOf(text), result: value, began, ended });
  };

  for (const [number, line] of trace.split('\n').entries()) {
    if (line === '' || NO_CALL.test(line)) continue;
    const begun = BEGUN.exec(line);
    const resumed = RESUMED.exec(line);
    const whole = WHOLE.exec(line);
    if (begun !== null) {
      const [, thread = '', name = '', text = ''] = begun;
      unfinished.set(thread, { name, text, began: number });
    } else if (resumed !== null) {
      const [, thread = '', name = '', rest = '', result = ''] = resumed;
      const first = unfinished.get(thread);
      unfinished.delete(thread);
      if (first?.name !== name) throw new Error(`line ${number + 1} resumes a call that was not begun: ${line}`);
      end(name, first.text + rest, result, first.began, number);
    } else if (whole !== null) {
      const [, , name = '', text = '', result = ''] = whole;
      end(name, text, result, number, number);
    } else {
      throw new Error(`line ${number + 1} of the trace is not understood: ${line.slice(0, 200)}`);
    }
  }
  return calls;
}

/** Splits at the commas that stand in no bracket; a string holds none, since all of it is written as `\x…`. */
function argumentsOf(text: string): readonly string[] {
  const args: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index <= text.length; index += 1) {
    const letter = text[index];
    if (letter === '[' || letter === '{' || letter === '(') depth += 1;
    else if (letter === ']' || letter === '}' || letter === ')') depth -= 1;
    else if ((letter === ',' && depth === 0) || index === text.length) {
      args.push(text.slice(from, index).trim());
      from = index + 1;
    }
  }
  return args;
}

const STRING = /"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?/g;

/** The bytes of all strings of an argument: one for `write`, one a piece for `writev`. */
export function bytesOf(arg = ''): Buffer {
  const pieces: Buffer[] = [];
  for (const [, hex = '', isCut] of arg.matchAll(STRING)) {
    if (isCut !== undefined) throw new Error('the trace has only the beginning of a string: its -s is too small');
    pieces.push(Buffer.from(hex.replaceAll('\\x', ''), 'hex'));
  }
  return Buffer.concat(pieces);
}

/** The descriptor of an argument such as `21</a/file>`, and what it stood for, such as a path or `socket:[123]`. */
export function descriptorOf(arg = ''): { readonly number: number; readonly target: string } {
  const [, number = '-1', hex = ''] = /^(-?\d+|AT_FDCWD)(?:<((?:\\x[0-9a-f]{2})*)>)?/.exec(arg) ?? [];
  const target = Buffer.from(hex.replaceAll('\\x', ''), 'hex').toString('utf8');
  return { number: number === 'AT_FDCWD' ? -100 : Number(number), target };
}
