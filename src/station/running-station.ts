import { readFact } from '../adapters/journal/read-fact.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Settings } from '../settings.ts';
import { journalFile } from './root-files.ts';

/** The fact under which the journal keeps the address of the station that serves the root. */
export const ADDRESS_FACT = 'address';

/** A station that runs in another process, asked over its API. */
export interface RunningStation {
  /** The JSON of an answer. Rejects with the station's own error, or `ADDRESS_UNAVAILABLE`. */
  ask(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<unknown>;
}

/** Whatever is asked for by a command may take a while. */
const TIMEOUT_MS = 600_000;

/** The station that serves a root; the root's lock is held. */
export function runningStation(root: string, { apiKey }: Settings): RunningStation {
  const address = readFact(journalFile(root), ADDRESS_FACT);
  if (address === null) {
    throw new AppError('ADDRESS_UNAVAILABLE', 'another process has this edge root, but serves no API; end it first');
  }
  return {
    async ask(method, path) {
      const headers: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
      const answer = await fetch(`${address}/api/v1${path}`, {
        method,
        headers,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((error: unknown) => {
        const why = `the station at ${address} does not answer: ${messageOf(error)}`;
        throw new AppError('ADDRESS_UNAVAILABLE', why, { cause: error });
      });
      const body = (await answer.json()) as { readonly message?: string };
      if (!answer.ok) throw new AppError('REQUEST_INVALID', body.message ?? `the station answered ${answer.status}`);
      return body;
    },
  };
}
