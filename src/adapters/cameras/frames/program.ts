import { spawn } from 'node:child_process';
import type { AdapterContext } from '../../../ports/context.ts';

type Environment = AdapterContext['env'];

/** A program that writes to a pipe, started with a list of arguments and never through a shell. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** How to get it where it is absent, as one line of a shell. */
  readonly install: string;
  readonly env: Environment;
  /** What it reads on its standard input, which then ends: every user of the machine can see its arguments, and nobody this. */
  readonly input?: string;
  /** Takes out of its messages what nobody may see. */
  readonly redacted?: (text: string) => string;
  /** What a message of it means to people who do not know it; null: the message stands for itself. */
  readonly meaning?: (messages: string) => string | null;
}

/** Said of a program that is not installed. */
export class ProgramAbsent extends Error {}

/** What a program wrote, and how it ended. */
export interface ProgramEnd {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  /** The end of its messages. */
  readonly messages: string;
}

const KEPT_MESSAGES = 16 * 1024;
const GRACE_MS = 2_000;
/** A program of the camera needs no secret of the station. */
const HANDED_ON = /^(PATH|HOME|LANG|TZ|LD_LIBRARY_PATH|LIBCAMERA_\w+)$/;

/**
 * Runs a program until it ends, or until the signal is aborted: then it is asked to end, and killed after two seconds.
 * Resolves when it is gone, so that its device is free. Rejects with `ProgramAbsent` where it is not installed.
 */
function runProgram(
  { command, args, install, env, input = '', redacted = (text) => text }: Program,
  onBytes: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<ProgramEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramEnd>();
  const handed = Object.fromEntries(Object.entries(env).filter(([name]) => HANDED_ON.test(name)));
  // detached: a Ctrl-C on the terminal is the station's to answer, which lets inspections finish before it ends its cameras
  const child = spawn(command, args, { stdio: 'pipe', env: handed, detached: true });
  let messages = '';
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    killer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  // one that ends without having read it says why in its messages
  child.stdin.on('error', () => undefined).end(input);
  child.stdout.on('data', onBytes);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-KEPT_MESSAGES);
  });
  child.once('error', (cause: NodeJS.ErrnoException) => {
    const isAbsent = cause.code === 'ENOENT';
    const sentence = isAbsent
      ? `cannot be read: ${command} is not installed: ${install}`
      : `cannot be read: ${command} cannot be run (${cause.code})`;
    reject(isAbsent ? new ProgramAbsent(sentence, { cause }) : new Error(sentence, { cause }));
  });
  child.once('close', (status) => {
    clearTimeout(killer);
    signal.removeEventListener('abort', stop);
    resolve({ status, messages: redacted(messages) });
  });
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return promise;
}

/** Runs a program whose output is a stream of pictures. Rejects when it has ended, with the last of what it said. */
export async function streamOfProgram(
  program: Program,
  onBytes: (chunk: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  const { status, messages } = await runProgram(program, onBytes, signal);
  const last = program.meaning?.(messages) ?? lastMessage(messages);
  if (last !== '') throw new Error(`is gone: ${last}`);
  throw new Error(status === 0 ? 'ended its stream' : `is gone: ${program.command} ended with status ${status}`);
}

/** Runs a program for what it prints, for at most `timeoutMs`. Rejects like `runProgram`. */
export async function outputOfProgram(
  program: Program,
  timeoutMs: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<ProgramEnd & { readonly output: string }> {
  const chunks: Uint8Array[] = [];
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const end = await runProgram(program, (chunk) => chunks.push(chunk), limit);
  return { ...end, output: Buffer.concat(chunks).toString() };
}

const MAX_MESSAGE = 200;

/** What names a program's own parts, such as `[rtsp @ 0x55d0]` and its standard input. */
const PARTS = /\[[^\]]* @ 0x[0-9a-f]+\]\s*|^pipe:0: /g;

/** What ffmpeg ends with whatever was wrong; a line before it says more. */
const GENERAL = /(?:^|: )(Invalid argument|Input\/output error|Invalid data found when processing input)$/;
const NOTHING_MORE = /^Error opening input/;

/** The last line of what a program said, with one before it where it says little; without the names of its own parts. */
export function lastMessage(messages: string): string {
  const lines = messages.split(/[\r\n]+/).map((line) => line.replaceAll(PARTS, '').trim());
  const last = lines.findLast((line) => line !== '') ?? '';
  const general = GENERAL.exec(last)?.[1];
  const more = lines.findLast((line) => line !== '' && !GENERAL.test(line) && !NOTHING_MORE.test(line));
  const message = general === undefined || more === undefined ? last : `${more.replace(/\.$/, '')}: ${general}`;
  return message.slice(0, MAX_MESSAGE);
}
