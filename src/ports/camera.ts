import type { z } from 'zod';
import type { Kind } from '../domain/kind.ts';
import type { AdapterContext } from './context.ts';

/** One opened camera. It takes one picture at a time; the application serves its triggers in order. */
export interface Camera {
  /** The bytes of a picture taken after the call. Rejects with `CAPTURE_FAILED` or `CAMERA_UNREACHABLE`, and at once when the signal is aborted. */
  capture(signal: AbortSignal): Promise<Uint8Array>;
  /** Resolves when a capture could succeed now; rejects with `CAMERA_UNREACHABLE` and the reason. */
  check(signal: AbortSignal): Promise<void>;
  /** Gives the device back; a second call does nothing. */
  close(): Promise<void>;
}

export interface CameraKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  /** What identifies the picture's origin for people, kept as `source` on the item; null where there is nothing to say. */
  source(options: z.output<z.ZodObject<Shape, z.core.$strict>>): string | null;
  /** Named by the specification and not built yet: a config may use it and gets a warning, its captures fail. */
  readonly planned?: boolean;
  /** What looks wrong before anything is opened, such as a folder that is not there, as a sentence; null when nothing does. Opens no device. */
  inspect?(
    options: z.output<z.ZodObject<Shape, z.core.$strict>>,
    context: Pick<AdapterContext, 'root' | 'written'>,
  ): Promise<string | null>;
  /** A camera that is away is still opened: its captures fail and `check` says why until it is there. */
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<Camera>;
}

export function defineCamera<const Type extends string, Shape extends z.ZodRawShape>(
  kind: CameraKind<Type, Shape>,
): CameraKind<Type, Shape> {
  return kind;
}
