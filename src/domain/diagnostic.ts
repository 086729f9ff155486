import { z } from 'zod';

/** One thing to know about a file of the edge root. */
export const Diagnostic = z
  .object({
    file: z.string().meta({ description: 'Path of the file, relative to the edge root.' }),
    severity: z.enum(['error', 'warning']),
    path: z
      .string()
      .meta({ description: 'Where in the file: keys and indexes joined by dots; empty for the whole file.' }),
    line: z.int().nullable().meta({ description: 'Line of the place, counted from 1; null where there is none.' }),
    message: z.string(),
  })
  .meta({ id: 'Diagnostic' });
export type Diagnostic = Readonly<z.output<typeof Diagnostic>>;

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
