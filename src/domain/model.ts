export const MODEL_CATEGORIES = ['classification', 'object_detection', 'object_detection_with_classification'] as const;
export type ModelCategory = (typeof MODEL_CATEGORIES)[number];

export const DETECTOR_TYPES = ['Mobilenet', 'yolo'] as const;
export type DetectorType = (typeof DETECTOR_TYPES)[number];

export const NORMALIZATIONS = ['mobilenet', 'yolo', 'none'] as const;
/** How bytes 0…255 become a float input: `mobilenet` = x/127 − 1, `yolo` = x/255, `none` = x. */
export type Normalization = (typeof NORMALIZATIONS)[number];

export const RESIZES = ['cover', 'stretch', 'letterbox'] as const;
/** How a view gets the size the model takes: centre crop, both axes on their own, or bars around it. */
export type Resize = (typeof RESIZES)[number];

/** Names of a detector's output tensors or JSON fields. */
export interface OutputNames {
  readonly detection_boxes?: string | undefined;
  readonly detection_scores?: string | undefined;
  readonly detection_classes?: string | undefined;
  readonly number_of_boxes?: string | undefined;
  readonly detection_metadata?: string | undefined;
}

/** A model of the inventory with every default filled in and its label list read. */
export interface Model {
  readonly name: string;
  readonly category: ModelCategory;
  /** Part of the serving URL. */
  readonly version: string;
  readonly modelType: DetectorType;
  /** `[width, height]` the model takes; null when only the model file tells. */
  readonly imageResolution: readonly [width: number, height: number] | null;
  /** Label of each class; null when none are known: results then carry the class number. */
  readonly labels: readonly string[] | null;
  /** Null: the outputs are told apart by their shapes. */
  readonly output: OutputNames | null;
  /** Detections with a lower score are dropped; 0…1. */
  readonly objectnessThreshold: number;
  /** Boxes that overlap a better one by more than this are dropped; 0…1, raw heads only. */
  readonly iouThreshold: number;
  readonly normalization: Normalization;
  readonly resize: Resize;
}

/** The label of a class; the class number where the model has no labels; undefined outside the list. */
export function labelOf(model: Model, classId: number): string | undefined {
  if (model.labels === null) return String(classId);
  return model.labels[classId];
}
