import type { z } from 'zod';
import type { Decision } from '../decision.ts';
import type { NamedKind } from '../kind.ts';

/** Decides one camera from the labels that its last model gave, in the order of the results. */
export interface CameraRule<Name extends string, Shape extends z.ZodRawShape> extends NamedKind<Name, Shape> {
  /** One sentence for people: when it says what. */
  readonly description: string;
  decide(labels: readonly string[], parameters: z.output<z.ZodObject<Shape, z.core.$strict>>): Decision;
}

export function defineCameraRule<const Name extends string, Shape extends z.ZodRawShape>(
  rule: CameraRule<Name, Shape>,
): CameraRule<Name, Shape> {
  return rule;
}
