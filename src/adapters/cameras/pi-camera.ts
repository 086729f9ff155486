import { z } from 'zod';
import { defineCamera } from '../../ports/camera.ts';
import { openPlannedCamera } from './planned-camera.ts';

export const piCamera = defineCamera({
  type: 'pi_camera',
  options: z
    .strictObject({
      camera_number: z
        .int()
        .nonnegative()
        .default(0)
        .meta({ description: 'Which of the cameras of the Raspberry Pi.' }),
      width: z.int().min(1).optional().meta({ description: 'Pixels.' }),
      height: z.int().min(1).optional().meta({ description: 'Pixels.' }),
    })
    .meta({ title: 'Raspberry Pi camera' }),
  planned: true,
  source: () => null,
  async open() {
    return openPlannedCamera('pi_camera');
  },
});
