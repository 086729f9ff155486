import type { z } from 'zod';
import type { Decision } from '../decision.ts';
import type { NamedKind } from '../kind.ts';

/** Decides the item from its cameras' decisions. Never asked for an item without cameras: that one is undecided. */
export interface ItemRule<Name extends string, Shape extends z.ZodRawShape> extends NamedKind<Name, Shape> {
  /** One sentence for people: when it says what. */
  readonly description: string;
  decide(decisions: readonly Decision[], parameters: z.output<z.ZodObject<Shape, z.core.$strict>>): Decision;
}

export function defineItemRule<const Name extends string, Shape extends z.ZodRawShape>(
  rule: ItemRule<Name, Shape>,
): ItemRule<Name, Shape> {
  return rule;
}
