import { z } from 'zod';
import { PATH_ID } from '../domain/id.ts';
import { DETECTOR_TYPES, MODEL_CATEGORIES, NORMALIZATIONS, RESIZES } from '../domain/model.ts';
import { RelativePath } from '../domain/relative-path.ts';
import { oncePerKinds } from './kinds.ts';

/** A name that becomes part of a path or an address. */
export const PathId = z.string().regex(PATH_ID, {
  error: 'expected 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or a digit',
});

const Ratio = z.number().min(0).max(1);
const Pixels = z.int().min(1).max(16_384);
const OutputName = z.string().min(1).optional();

const Outputs = z
  .strictObject({
    detection_boxes: OutputName,
    detection_scores: OutputName,
    detection_classes: OutputName,
    number_of_boxes: OutputName.meta({ description: 'Only the first n rows count.' }),
    detection_metadata: OutputName,
    boxes_coordinates: OutputName.meta({ description: 'Older name of detection_boxes.' }),
    objectness_scores: OutputName.meta({ description: 'Older name of detection_scores.' }),
  })
  .meta({ title: 'Names of the output tensors or JSON fields' });

export const ModelEntry = z
  .strictObject({
    category: z.enum(MODEL_CATEGORIES),
    version: z.union([z.int().nonnegative(), PathId]).default(1).meta({ description: 'Part of the serving URL.' }),
    model_type: z.enum(DETECTOR_TYPES).default('Mobilenet').meta({ description: 'Detection only: how boxes come.' }),
    image_resolution: z
      .tuple([Pixels, Pixels], { error: 'expected [width, height] in pixels' })
      .optional()
      .meta({ description: '[width, height] the model takes; optional when the model file tells.' }),
    class_names: z.array(z.string()).min(1).optional().meta({ description: 'Label of each class, in order.' }),
    class_names_path: RelativePath.optional().meta({
      description: 'File with one label a line, under data/ or beside the model.',
    }),
    output: Outputs.optional(),
    objectness_threshold: Ratio.default(0.4).meta({ description: 'Detections with a lower score are dropped.' }),
    iou_threshold: Ratio.default(0.45).meta({ description: 'Boxes overlapping a better one by more are dropped.' }),
    normalization: z.enum(NORMALIZATIONS).optional().meta({ description: 'How 0…255 becomes a float input.' }),
    resize: z.enum(RESIZES).optional().meta({ description: 'How a view gets the size the model takes.' }),
  })
  .meta({ title: 'Model' });
export type ModelEntry = z.output<typeof ModelEntry>;

const namesOf = (kinds: readonly { readonly name: string }[]): readonly string[] => kinds.map(({ name }) => name);

export const inventorySchema = oncePerKinds((kinds) =>
  z
    .strictObject({
      $schema: z.string().optional(),
      cameras: z
        .array(z.enum(kinds.cameras.map(({ type }) => type)))
        .meta({ description: 'Camera types that exist here.' }),
      models: z.record(PathId, ModelEntry).meta({ description: 'Models by name.' }),
      camera_rules: z.array(z.enum(namesOf(kinds.cameraRules))).meta({ description: 'Camera rules that may be used.' }),
      item_rules: z.array(z.enum(namesOf(kinds.itemRules))).meta({ description: 'Item rules that may be used.' }),
    })
    .meta({ title: 'Inventory', description: 'What is available at this station.' }),
);
