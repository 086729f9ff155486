import { z } from 'zod';
import { RESERVED_CAMERA_IDS } from '../domain/id.ts';
import { schemaOfNamed, schemaOfTyped } from '../domain/kind.ts';
import { Labels } from '../domain/labels.ts';
import { PathId } from './inventory-schema.ts';
import { oncePerKinds } from './kinds.ts';
import { Deadline } from './verdict-deadline-schema.ts';

/** Longest time a capture may take when the config does not say. */
const DEFAULT_CAPTURE_TIMEOUT_MS = 5_000;

const CameraId = PathId.refine((id) => !RESERVED_CAMERA_IDS.includes(id), {
  error: `expected another name than ${RESERVED_CAMERA_IDS.map((id) => `"${id}"`).join(', ')}, which mean something else when pictures are sent`,
});

/** One model of a graph. */
export const ModelStep = z
  .strictObject({
    name: z.string().min(1).meta({ description: 'Name of the model in the inventory.' }),
    depends_on: z
      .array(z.string())
      .default([])
      .meta({ description: 'Ids of models of this graph whose objects this model looks at; none: the full image.' }),
    class_to_detect: Labels.optional().meta({ description: 'Detectors: only these labels are kept.' }),
  })
  .meta({ title: 'Model of the graph' });
export type ModelStep = z.output<typeof ModelStep>;

const CommonCameraKeys = {
  position: z.string().nullable().default(null).meta({ description: 'Where the camera stands, kept as metadata.' }),
  exposition: z.number().nullable().default(null).meta({ description: 'Kept as metadata; see apply_settings.' }),
  brightness: z.number().nullable().default(null).meta({ description: 'Kept as metadata; see apply_settings.' }),
  apply_settings: z
    .boolean()
    .default(false)
    .meta({ description: 'Set exposition and brightness on the device too, in its own units.' }),
  timeout_ms: z
    .int()
    .min(1)
    .max(600_000)
    .default(DEFAULT_CAPTURE_TIMEOUT_MS)
    .meta({ description: 'Longest time a capture may take, in milliseconds.' }),
  models_graph: z
    .record(PathId, ModelStep)
    .default({})
    .meta({ description: 'Models by id, in the order they are taken.' }),
};

export const stationConfigSchema = oncePerKinds((kinds) => {
  const camera_rule = schemaOfNamed(kinds.cameraRules).meta({
    description: 'Judges the results of the last model taken.',
  });
  const CameraConfig = schemaOfTyped(kinds.cameras, { ...CommonCameraKeys, camera_rule });
  return z
    .strictObject({
      $schema: z.string().optional(),
      name: z.string().optional().meta({ description: 'For people; the name of the config is its file name.' }),
      description: z.string().optional().meta({ description: 'Free text.' }),
      cameras: z
        .record(CameraId, CameraConfig)
        .meta({ description: 'Cameras by id; the first one takes a picture sent as `image`.' }),
      deadline: Deadline.optional().meta({ description: 'Wins over the one of edge.json.' }),
      item_rule: schemaOfNamed(kinds.itemRules).meta({ description: "Decides the item from its cameras' decisions." }),
    })
    .meta({ title: 'Station config', description: 'What to inspect, and how to decide.' });
});
export type StationConfig = z.output<ReturnType<typeof stationConfigSchema>>;
export type CameraConfig = StationConfig['cameras'][string];
