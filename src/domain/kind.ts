import { z } from 'zod';

/**
 * A kind is anything swappable: a name, a schema of its options, and (added by each port) one function that makes it.
 * Adapters are chosen by `type` with their options beside it, rules by `name` with their options under `parameters`.
 */
export interface Kind<Type extends string, Shape extends z.ZodRawShape> {
  readonly type: Type;
  readonly options: z.ZodObject<Shape, z.core.$strict>;
}

export interface NamedKind<Name extends string, Shape extends z.ZodRawShape> {
  readonly name: Name;
  /** One sentence for people, shown by editors too. */
  readonly description: string;
  readonly parameters: z.ZodObject<Shape, z.core.$strict>;
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of the options differs by kind; `any` is what makes a list of them assignable
export type AnyKind = Kind<string, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyNamedKind = NamedKind<string, any>;

/** What a config file says of a kind: `{ type, …options }`. */
export type ConfigOf<K> =
  K extends Kind<infer Type, infer Shape> ? { type: Type } & z.output<z.ZodObject<Shape, z.core.$strict>> : never;

/** What a config file says of a rule: `{ name, parameters }`. */
export type NamedConfigOf<K> =
  K extends NamedKind<infer Name, infer Shape>
    ? { name: Name; parameters: z.output<z.ZodObject<Shape, z.core.$strict>> }
    : never;

/** The schema of "one of these kinds": a union on `type`, each member strict, with `common` keys in every member. */
export function schemaOfTyped<const Kinds extends readonly AnyKind[], Common extends z.ZodRawShape>(
  kinds: Kinds,
  common: Common,
): z.ZodType<ConfigOf<Kinds[number]> & z.output<z.ZodObject<Common>>> {
  const members = kinds.map((kind) => {
    const member = kind.options.extend({ ...common, type: z.literal(kind.type) });
    return member.meta(kind.options.meta() ?? {});
  });
  return z.discriminatedUnion('type', members as never) as never;
}

/** The schema of "one of these rules": a union on `name`, the options of each under `parameters`. */
export function schemaOfNamed<const Kinds extends readonly AnyNamedKind[]>(
  kinds: Kinds,
): z.ZodType<NamedConfigOf<Kinds[number]>> {
  const members = kinds.map(({ name, description, parameters }) =>
    z.strictObject({ name: z.literal(name), parameters }).meta({ description }),
  );
  return z.discriminatedUnion('name', members as never) as never;
}

/** The kind that a config names. The config has passed the schema of the same list, so a miss is a bug. */
export function kindFor<const Kinds extends readonly { readonly type: string }[]>(
  kinds: Kinds,
  type: string,
): Kinds[number] {
  const kind = kinds.find((candidate) => candidate.type === type);
  if (kind === undefined) throw new Error(`no kind of type "${type}" is registered`);
  return kind;
}
