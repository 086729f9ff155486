/** A box on the full image: `[xmin, ymin, xmax, ymax]`, fractions 0…1 of its width and height, 4 decimals. */
export type Location = readonly [xmin: number, ymin: number, xmax: number, ymax: number];

/** Milliseconds that a prediction spent by kind of work, where the forward can tell. */
export interface PredictionTimings {
  readonly decode?: number;
  readonly resize?: number;
  /** Running the model itself. */
  readonly model?: number;
}

export interface Classification {
  readonly kind: 'classification';
  readonly timingsMs?: PredictionTimings;
  readonly label: string;
  /** 0…1 as the model gave it. */
  readonly probability: number;
}

export interface DetectedObject {
  /** Place in the model's answer, counted from 1: the n of `object_<n>`. */
  readonly position: number;
  readonly label: string;
  /** Relative to what the model was shown, which is the full image or a crop of it. */
  readonly location: Location;
  readonly score: number;
  /** What the model said beside label and box; absent for models that cannot say anything. */
  readonly metadata?: unknown;
}

export interface Detection {
  readonly kind: 'detection';
  readonly timingsMs?: PredictionTimings;
  readonly objects: readonly DetectedObject[];
  /** Sentences about what was left out, such as a box outside the image. */
  readonly warnings: readonly string[];
}

/** What one model says of one view. */
export type Prediction = Classification | Detection;

/** One entry of an item's `inferences`, under `full_image` or an object's id. */
export type InferenceResult =
  | { readonly label: string; readonly probability: number }
  | { readonly label: string; readonly location: Location; readonly score: number; readonly metadata?: unknown };

/** What one model said of one image: results by view or object id, in order. */
export type ModelResults = Readonly<Record<string, InferenceResult>>;

const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;

/** Fractions cut to the image and rounded to 4 decimals; null for a box that is empty, inverted, not a number or wholly outside. */
export function clippedLocation(xmin: number, ymin: number, xmax: number, ymax: number): Location | null {
  const clip = (value: number): number => round4(Math.min(1, Math.max(0, value)));
  if (!(xmax > xmin && ymax > ymin)) return null;
  const location = [clip(xmin), clip(ymin), clip(xmax), clip(ymax)] as const;
  return location[2] > location[0] && location[3] > location[1] ? location : null;
}

/** A box inside a crop, said in fractions of the full image; null when nothing is left of it at 4 decimals. */
export function relocated(inner: Location, crop: Location): Location | null {
  const width = crop[2] - crop[0];
  const height = crop[3] - crop[1];
  return clippedLocation(
    crop[0] + inner[0] * width,
    crop[1] + inner[1] * height,
    crop[0] + inner[2] * width,
    crop[1] + inner[3] * height,
  );
}
