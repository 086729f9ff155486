import { z } from 'zod';
import { AppError, messageOf } from '../../domain/errors.ts';
import { type Camera, defineCamera } from '../../ports/camera.ts';
import { addressOf, shownAddress } from './frames/address.ts';
import { openFrameSource } from './frames/frame-source.ts';
import { httpPictures, isStream, pictureOf, readBytes } from './frames/http-pictures.ts';
import { createHttpWatch } from './frames/http-watch.ts';
import { pauseUnless } from './frames/pause.ts';

/** A stream that is shown while it is encoded, over a local network. */
const STREAM_LATENCY_MS = 100;

/**
 * A camera in the network that answers a GET with one picture, or with a stream of JPEG pictures (MJPEG), which is kept
 * open. Which of the two it is shows in its first answer. One that does not answer is asked again by itself, with growing
 * pauses, and until it answers captures fail at once.
 */
export const httpCamera = defineCamera({
  type: 'http_camera',
  options: z
    .strictObject({
      url: addressOf(
        ['http', 'https'],
        'Address of a picture or of an MJPEG stream. User and password belong into the environment: http://${CAMERA_USER}:${CAMERA_PASSWORD}@camera-3/snapshot.jpg',
      ),
      latency_ms: z
        .int()
        .nonnegative()
        .max(10_000)
        .optional()
        .meta({
          description: `Milliseconds from the sensor to here: pictures that come sooner after a trigger show what was before it. Default: 0 for single pictures, ${STREAM_LATENCY_MS} for a stream.`,
        }),
    })
    .meta({ title: 'Camera in the network, over HTTP' }),
  source: ({ url }) => shownAddress(url),
  async open({ url, latency_ms }, { written, log }) {
    const name = `the camera at ${shownAddress(String(written?.url ?? url))}`;
    const pictures = httpPictures(url);
    const end = new AbortController();
    /** Set once the camera has answered with a stream, which is warm before the first trigger and looks after itself. */
    let stream: Camera | null = null;

    const refuseWhenClosed = (code: 'CAPTURE_FAILED' | 'CAMERA_UNREACHABLE'): void => {
      if (end.signal.aborted) throw new AppError(code, `${name} is closed`);
    };
    const openStream = (): Camera => {
      stream ??= openFrameSource({
        name,
        latencyMs: latency_ms ?? STREAM_LATENCY_MS,
        log,
        async stream(onBytes, signal) {
          const answer = await pictures.ask(signal);
          if (isStream(answer)) return await readBytes(answer, onBytes);
          await answer.body?.cancel();
          throw new Error('no longer answers with a stream');
        },
      });
      return stream;
    };

    const watch = createHttpWatch({ name, pictures, onStream: openStream, log, signal: end.signal });

    const refuseWhileAway = (): void => {
      const reason = watch.away();
      if (reason !== null) throw new AppError('CAMERA_UNREACHABLE', `${name} ${reason}`);
    };
    /** The camera's answer to a GET; null when it is a stream, which is open then. */
    const ask = async (signal: AbortSignal): Promise<Response | null> => {
      try {
        const answer = await pictures.ask(AbortSignal.any([signal, end.signal]));
        if (!isStream(answer)) return answer;
        await answer.body?.cancel();
        refuseWhenClosed('CAMERA_UNREACHABLE');
        openStream();
        return null;
      } catch (error) {
        watch.start();
        signal.throwIfAborted();
        refuseWhenClosed('CAMERA_UNREACHABLE');
        throw new AppError('CAMERA_UNREACHABLE', `${name} ${messageOf(error)}`, { cause: error });
      }
    };

    watch.start();

    return {
      async capture(signal) {
        signal.throwIfAborted();
        refuseWhenClosed('CAPTURE_FAILED');
        if (stream !== null) return await stream.capture(signal);
        refuseWhileAway();
        if (latency_ms !== undefined && latency_ms > 0) {
          await pauseUnless(signal, latency_ms);
          signal.throwIfAborted();
        }
        const answer = await ask(signal);
        if (answer === null) return await openStream().capture(signal);
        return await pictureOf(answer).catch((error: unknown) => {
          watch.start();
          signal.throwIfAborted();
          throw new AppError('CAPTURE_FAILED', `${name} ${messageOf(error)}`, { cause: error });
        });
      },
      async check(signal) {
        signal.throwIfAborted();
        refuseWhenClosed('CAMERA_UNREACHABLE');
        if (stream !== null) return await stream.check(signal);
        refuseWhileAway();
        const answer = await ask(signal);
        if (answer === null) return await openStream().check(signal);
        await answer.body?.cancel();
      },
      async close() {
        end.abort();
        await watch.ended();
        await stream?.close();
      },
    };
  },
});
