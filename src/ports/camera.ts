import type { z } from 'zod';
import type { Kind } from '../domain/kind.ts';
import type { AdapterContext } from './context.ts';

/** One opened camera. It takes one picture at a time; the application serves its triggers in order. */
export interface Camera {
  /** The bytes of a picture taken after the call. Rejects with `CAPTURE_FAILED` or `CAMERA_UNREACHABLE`, and at once when the signal is aborted. */
  capture(signal: AbortSignal): Promise<Uint8Array>;
  /** Resolves when a capture could succeed now; rejects with `CAMERA_UNREACHABLE` and the reason. */
  check(signal: AbortSignal): Promise<void>;
  /** What somebody should look at although pictures are taken, such as a setting that the device refused; one sentence each. */
  warnings?(): readonly string[];
  /** Gives the device back; a second call does nothing. */
  close(): Promise<void>;
}

/** What is set on a device, in its own units; null: left as it is. */
export interface DeviceSettings {
  readonly exposition: number | null;
  readonly brightness: number | null;
}

/** What a camera gets beside its options when it is opened. */
export interface CameraContext extends AdapterContext {
  /** Absent: nothing is set. What the device refuses is a warning of the camera, and no capture fails for it. */
  readonly settings?: DeviceSettings | undefined;
}

export interface CameraKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  /** What identifies the picture's origin for people, kept as `source` on the item; null where there is nothing to say. */
  source(options: z.output<z.ZodObject<Shape, z.core.$strict>>): string | null;
  /** Whether `open` sets the settings of its context on the device; else they are metadata alone. */
  readonly appliesSettings?: boolean;
  /** What looks wrong before anything is opened, such as a folder that is not there, as a sentence; null when nothing does. Opens no device. */
  inspect?(
    options: z.output<z.ZodObject<Shape, z.core.$strict>>,
    context: Pick<AdapterContext, 'root' | 'written'>,
  ): Promise<string | null>;
  /** A camera that is away is still opened: its captures fail and `check` says why until it is there. */
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: CameraContext): Promise<Camera>;
}

export function defineCamera<const Type extends string, Shape extends z.ZodRawShape>(
  kind: CameraKind<Type, Shape>,
): CameraKind<Type, Shape> {
  return kind;
}
