import { z } from 'zod';
import { defineCamera } from '../../ports/camera.ts';
import { addressOf, redactor, shownAddress } from './frames/address.ts';
import { ffmpeg, toPictures } from './frames/ffmpeg.ts';
import { openFrameSource } from './frames/frame-source.ts';
import { streamOfProgram } from './frames/program.ts';

/** Encoding in the camera, a network, and decoding here. */
const DEFAULT_LATENCY_MS = 300;
/** A stream begins with its next key frame, which some cameras send every few seconds. */
const START_TIMEOUT_MS = 20_000;
/** When ffmpeg gives up by itself: one that hears nothing would stay for ever where its station was killed. */
const SILENCE_MS = 30_000;

/** One thread: several would each hold back a picture. What the script names is found out by its own input already. */
const INPUT = [
  ...['-flags', 'low_delay', '-threads', '1', '-analyzeduration', '1', '-f', 'concat', '-safe', '0'],
  ...['-protocol_whitelist', 'pipe,rtp,tcp,tls,udp', '-i', 'pipe:0'],
];
/** What older ones say to the options in the script. */
const NEEDS_NEWER = /unknown keyword 'option'/i;

/** The address of the stream for ffmpeg's standard input: it holds a password, which an argument would show to everyone. */
function script(url: string, transport: string): string {
  const quoted = url.replaceAll(/[\r\n]/g, '').replaceAll("'", "'\\''");
  return [
    'ffconcat version 1.0',
    `file '${quoted}'`,
    `option rtsp_transport ${transport}`,
    'option analyzeduration 1000000',
    `option timeout ${SILENCE_MS * 1_000}\n`,
  ].join('\n');
}

/** A camera in the network that speaks RTSP, read by ffmpeg, which keeps its stream open. */
export const rtspCamera = defineCamera({
  type: 'rtsp_camera',
  options: z
    .strictObject({
      url: addressOf(
        ['rtsp', 'rtsps'],
        'Address of the stream. User and password belong into the environment: rtsp://${CAMERA_USER}:${CAMERA_PASSWORD}@camera-3/stream1',
      ),
      transport: z
        .enum(['tcp', 'udp'])
        .default('tcp')
        .meta({ description: 'tcp loses nothing; udp may come sooner, with broken pictures where packets are lost.' }),
      latency_ms: z.int().nonnegative().max(10_000).default(DEFAULT_LATENCY_MS).meta({
        description:
          'Milliseconds from the sensor to here: pictures that come sooner after a trigger show what was before it.',
      }),
    })
    .meta({ title: 'Camera in the network, over RTSP' }),
  source: ({ url }) => shownAddress(url),
  async open({ url, transport, latency_ms }, { env, log, written }) {
    const shown = shownAddress(String(written?.url ?? url));
    const program = {
      ...ffmpeg(toPictures(INPUT, false), env),
      input: script(url, transport),
      redacted: redactor(url, shown),
      meaning: (messages: string) => (NEEDS_NEWER.test(messages) ? 'ffmpeg 5.0 or newer is needed' : null),
    };
    return openFrameSource({
      name: `the camera at ${shown}`,
      latencyMs: latency_ms,
      startTimeoutMs: START_TIMEOUT_MS,
      log,
      stream: (onBytes, signal) => streamOfProgram(program, onBytes, signal),
    });
  },
});
