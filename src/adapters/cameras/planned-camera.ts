import { AppError } from '../../domain/errors.ts';
import type { Camera } from '../../ports/camera.ts';

/** Stands in for a camera that the specification names and this version cannot open: every capture fails and says so. */
export function openPlannedCamera(type: string): Camera {
  const refuse = async (signal: AbortSignal): Promise<never> => {
    signal.throwIfAborted();
    throw new AppError('CAMERA_UNREACHABLE', `${type} is not part of this version`, { details: { type } });
  };
  return { capture: refuse, check: refuse, async close() {} };
}
