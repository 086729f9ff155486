import { z } from 'zod';
import { defineCamera } from '../../ports/camera.ts';
import { openPlannedCamera } from './planned-camera.ts';

export const usbCamera = defineCamera({
  type: 'usb_camera',
  options: z
    .strictObject({
      source: z
        .string()
        .min(1)
        .optional()
        .meta({ description: 'Device, such as /dev/video0; absent: the first camera found.' }),
      width: z.int().min(1).optional().meta({ description: 'Pixels.' }),
      height: z.int().min(1).optional().meta({ description: 'Pixels.' }),
      pixel_format: z.string().min(1).optional().meta({ description: 'As the device names it, such as MJPG or YUYV.' }),
      fps: z.number().positive().optional().meta({ description: 'Pictures per second the device is run at.' }),
    })
    .meta({ title: 'USB camera' }),
  planned: true,
  source: ({ source }) => source ?? null,
  async open() {
    return openPlannedCamera('usb_camera');
  },
});
