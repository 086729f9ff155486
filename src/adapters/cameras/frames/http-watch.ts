import { messageOf } from '../../../domain/errors.ts';
import type { Log } from '../../../ports/context.ts';
import { createBackoff } from './backoff.ts';
import { type HttpPictures, isStream, pictureOf } from './http-pictures.ts';

export interface HttpWatchOptions {
  /** The camera, as messages name it. */
  readonly name: string;
  readonly pictures: HttpPictures;
  /** Called when the camera has answered with a stream, which is not read here. */
  readonly onStream: () => void;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Asks a camera that did not answer until it does, with growing pauses. */
export interface HttpWatch {
  /** Begins to ask, at once, unless it is asking already. */
  start(): void;
  /** Why the camera is away, as a sentence that follows its name; null until an attempt has failed, and when one has succeeded. */
  away(): string | null;
  /** Resolves when it asks no more. */
  ended(): Promise<void>;
}

/** A camera that takes longer to give one picture hangs. */
const ANSWER_TIMEOUT_MS = 5_000;

export function createHttpWatch({ name, pictures, onStream, log, signal }: HttpWatchOptions): HttpWatch {
  let away: string | null = null;
  let asking: Promise<void> | null = null;

  /** Rejects with an error whose message follows the camera's name. */
  const attempt = async (): Promise<void> => {
    const limit = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    try {
      const answer = await pictures.ask(AbortSignal.any([limit, signal]));
      if (!isStream(answer)) return void (await pictureOf(answer));
      await answer.body?.cancel();
      if (!signal.aborted) onStream();
    } catch (error) {
      if (limit.aborted) throw new Error(`gave no answer for ${ANSWER_TIMEOUT_MS} ms`, { cause: error });
      throw error;
    }
  };

  const ask = async (): Promise<void> => {
    const backoff = createBackoff();
    while (!signal.aborted) {
      try {
        await attempt();
        if (away !== null) log.info({ camera: name }, 'the camera is back');
        away = null;
        return;
      } catch (error) {
        if (signal.aborted) return;
        const reason = messageOf(error);
        if (reason !== away) log.warn({ camera: name, reason }, 'the camera gives no pictures and is asked again');
        away = reason;
        await backoff.pause(signal);
      }
    }
  };

  return {
    start() {
      asking ??= ask().finally(() => {
        asking = null;
      });
    },
    away: () => away,
    async ended() {
      await asking;
    },
  };
}
