import { splitAddress } from './address.ts';
import { type Authorize, authorization } from './http-authorization.ts';

/** The HTTP side of one camera. */
export interface HttpPictures {
  /** The camera's answer, its body still to be read. Rejects with an error whose message follows the camera's name. */
  ask(signal: AbortSignal): Promise<Response>;
}

const MAX_BYTES = 64 * 1024 * 1024;
/** The other side closed a connection that it had kept open: nothing was answered yet, so the question is asked again. */
const CLOSED_BEFORE = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

export function httpPictures(address: string): HttpPictures {
  const { url, credentials } = splitAddress(address);
  const { pathname, search } = new URL(url);
  /** What the camera asked for last time, so that it need not ask again. */
  let authorize: Authorize | null = null;

  const get = async (signal: AbortSignal, isAgain = false): Promise<Response> => {
    const headers: Record<string, string> = { 'cache-control': 'no-cache' };
    if (authorize !== null) headers.authorization = authorize('GET', `${pathname}${search}`);
    try {
      return await fetch(url, { headers, signal, cache: 'no-store' });
    } catch (error) {
      signal.throwIfAborted();
      const code = codeOf(error);
      if (!isAgain && CLOSED_BEFORE.includes(code)) return await get(signal, true);
      throw new Error(`cannot be reached (${code})`, { cause: error });
    }
  };

  return {
    async ask(signal) {
      let answer = await get(signal);
      const challenge = answer.headers.get('www-authenticate');
      if (answer.status === 401 && credentials !== null && challenge !== null) {
        await answer.body?.cancel();
        authorize = authorization(challenge, credentials);
        if (authorize !== null) answer = await get(signal);
      }
      if (answer.ok) return answer;
      await answer.body?.cancel();
      if (answer.status === 401) throw new Error(`${credentials === null ? 'asks for' : 'refuses'} user and password`);
      throw new Error(`answered ${answer.status}`);
    },
  };
}

/** Whether the answer is a stream that never ends, of one picture after the other. */
export function isStream({ headers }: Response): boolean {
  return /^multipart\/x-mixed-replace/i.test(headers.get('content-type') ?? '');
}

/** Gives the bytes of an answer as they come; rejects when the connection breaks. */
export async function readBytes({ body }: Response, onBytes: (chunk: Uint8Array) => void): Promise<void> {
  try {
    for await (const chunk of body ?? []) onBytes(chunk);
  } catch (error) {
    throw new Error(`broke off its answer (${codeOf(error)})`, { cause: error });
  }
}

/** The picture of an answer. */
export async function pictureOf(answer: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  await readBytes(answer, (chunk) => {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }).catch(async (error: unknown) => {
    if (size > MAX_BYTES) throw new Error(`gave more than ${MAX_BYTES / 1024 / 1024} MB for one picture`);
    throw error;
  });
  return Buffer.concat(chunks);
}

/** The code of the system where there is one, for people who look after networks; else what the last cause says. */
function codeOf(error: unknown): string {
  let text = String(error);
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    text = at.message;
  }
  return text;
}
