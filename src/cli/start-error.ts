import type { Diagnostic } from '../domain/diagnostic.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import { lineOf } from './check.ts';
import type { Output } from './output.ts';

/** Tells on stderr why a station could not be opened, with every diagnostic there is; the exit status is 1. */
export function reportStartError(error: unknown, output: Output): number {
  output.err(messageOf(error));
  const diagnostics = error instanceof AppError ? error.details.diagnostics : undefined;
  if (Array.isArray(diagnostics)) for (const diagnostic of diagnostics as Diagnostic[]) output.err(lineOf(diagnostic));
  return 1;
}
