import { AppError } from '../../../domain/errors.ts';
import { reasonOf } from '../connections/reason-of.ts';

/** The SQLSTATE of an error that the server answered with; undefined for every other error. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' && error.code.length === 5 ? error.code : undefined;
}

/** Two stations, or two connections, that write the same item at the same moment: the second has to look again. */
export function isRace(error: unknown): boolean {
  return sqlStateOf(error) === '23505';
}

/** An error of the server or of the way to it, as the product's own: `TELEMETRY_FAILED`. */
export function unreachable(error: unknown, place: string): AppError {
  if (error instanceof AppError) return error;
  return new AppError('TELEMETRY_FAILED', `${place} failed: ${reasonOf(error)}`, { cause: error });
}

/** An error of writing rows: `REFUSED` when their values are at fault, so that the same would be refused again. */
export function unwritten(error: unknown, place: string): AppError {
  if (!/^2[123]/.test(sqlStateOf(error) ?? '')) return unreachable(error, place);
  return new AppError('REFUSED', `${place} refuses the telemetry: ${reasonOf(error)}`, { cause: error });
}
