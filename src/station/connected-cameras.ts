import { ribbonCameras } from '../adapters/cameras/frames/pi-cameras.ts';
import { videoDevices, videoFormats } from '../adapters/cameras/frames/v4l2-devices.ts';
import { messageOf } from '../domain/errors.ts';

/** A camera that the machine has. */
export interface ConnectedCamera {
  /** The type it has in a station config. */
  readonly type: 'usb_camera' | 'pi_camera';
  /** What names it there: `source` of a USB camera, `camera_number` of a Raspberry Pi camera. */
  readonly source: string | number;
  /** What it calls itself; null where the system does not tell. */
  readonly name: string | null;
  /** Such as `mjpeg 640x480 1280x720`. */
  readonly formats: readonly string[];
}

export interface ConnectedCameras {
  readonly cameras: readonly ConnectedCamera[];
  /** What kept from a full answer, one sentence each. */
  readonly notes: readonly string[];
}

/** The cameras that are connected to the machine. Opens none of them; a running station is not disturbed. */
export async function connectedCameras(env: Readonly<Record<string, string | undefined>>): Promise<ConnectedCameras> {
  const cameras: ConnectedCamera[] = [];
  const notes = new Set<string>();
  for (const { path, name } of await videoDevices()) {
    const formats = await videoFormats(path, env).catch((error: unknown) => {
      notes.add(`the formats of a device ${messageOf(error)}`);
      return null;
    });
    // without formats it is no camera; when nobody can tell, it is listed
    if (formats?.length === 0) continue;
    const texts = (formats ?? []).map((format) => [format.name, ...format.sizes].join(' '));
    cameras.push({ type: 'usb_camera', source: path, name, formats: texts });
  }
  const ribbons = await ribbonCameras(env).catch((error: unknown) => {
    notes.add(`the cameras of the Raspberry Pi ${messageOf(error)}`);
    return [];
  });
  for (const { number, name, size } of ribbons) {
    cameras.push({ type: 'pi_camera', source: number, name, formats: size === null ? [] : [size] });
  }
  return { cameras, notes: [...notes] };
}
