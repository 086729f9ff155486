import type { ErrorCode } from '../../../domain/errors.ts';

/** What the main thread sends: a request, word that an answer is no longer wanted, or that the thread is to end when it has answered. */
export type ToThread =
  | { readonly id: number; readonly request: unknown }
  | { readonly id: number; readonly abort: true }
  | { readonly end: true };

/** An error on its way between threads; `code` is null for anything that was not an `AppError`. */
export interface ThreadFailure {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type FromThread =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: ThreadFailure };
