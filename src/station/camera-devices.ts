import { calledOff, withDeadline } from '../application/deadline.ts';
import { createTurns, type Turns } from '../application/turns.ts';
import { kindFor } from '../domain/kind.ts';
import type { Camera, DeviceSettings } from '../ports/camera.ts';
import type { StationContext } from './adapter-context.ts';
import type { CameraPlan } from './station-plan.ts';

/** A camera as one station uses it. */
export interface CameraUse {
  /** Takes one picture, in the order of the calls, each within the camera's own time. */
  capture(signal: AbortSignal): Promise<Uint8Array>;
  check(signal: AbortSignal): Promise<void>;
  /** What the camera wants somebody to look at. */
  warnings(): readonly string[];
  /** Lets go of the device, which is closed with its last user; a second call does nothing. */
  release(): Promise<void>;
}

/** The opened cameras. A camera whose id and options are the same in two stations is one device, handed from one to the other. */
export interface CameraDevices {
  use(plan: CameraPlan): Promise<CameraUse>;
}

interface Device {
  readonly camera: Promise<Camera>;
  /** One picture at a time. */
  readonly turns: Turns;
  users: number;
}

const OPEN_TIMEOUT_MS = 30_000;
const unending = new AbortController().signal;

export function createCameraDevices(context: StationContext): CameraDevices {
  const devices = new Map<string, Device>();

  const open = async (plan: CameraPlan): Promise<Camera> => {
    const kind = kindFor(context.kinds.cameras, plan.type);
    return await withDeadline(OPEN_TIMEOUT_MS, `opening camera "${plan.id}"`, unending, () =>
      kind.open(plan.options as never, { ...context, written: plan.written, settings: settingsOf(plan) }),
    );
  };

  return {
    async use(plan) {
      const key = JSON.stringify([plan.id, plan.type, plan.options, settingsOf(plan) ?? null]);
      const device = devices.get(key) ?? { camera: open(plan), turns: createTurns(1), users: 0 };
      devices.set(key, device);
      device.users += 1;
      const forget = (): void => {
        if (devices.get(key) === device) devices.delete(key);
      };
      let isReleased = false;
      const release = async (): Promise<void> => {
        if (isReleased) return;
        isReleased = true;
        device.users -= 1;
        if (device.users > 0) return;
        forget();
        await (await device.camera).close();
      };
      const camera = await device.camera.catch((error: unknown) => {
        forget();
        throw error;
      });
      return {
        async capture(signal) {
          const done = await device.turns.take(signal).catch(() => {
            throw calledOff('the capture', signal);
          });
          try {
            return await withDeadline(plan.timeoutMs, 'the capture', signal, (limit) => camera.capture(limit));
          } finally {
            done();
          }
        },
        check: (signal) => withDeadline(plan.timeoutMs, 'the check', signal, (limit) => camera.check(limit)),
        warnings: () => camera.warnings?.() ?? [],
        release,
      };
    },
  };
}

/** What is set on the device; a camera with other settings is another device. */
function settingsOf({ applySettings, metadata: { exposition, brightness } }: CameraPlan): DeviceSettings | undefined {
  return applySettings ? { exposition, brightness } : undefined;
}
