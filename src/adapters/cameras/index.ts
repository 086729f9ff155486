import { fakeCamera } from './fake-camera.ts';
import { httpCamera } from './http-camera.ts';
import { piCamera } from './pi-camera.ts';
import { rtspCamera } from './rtsp-camera.ts';
import { usbCamera } from './usb-camera.ts';

/** Register a camera here. */
export const cameras = [fakeCamera, httpCamera, usbCamera, rtspCamera, piCamera] as const;
