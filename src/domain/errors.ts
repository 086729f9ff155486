/**
 * The one table of errors. A code is public API: add, never rename.
 * `status` is the HTTP status of the answer, `retry` says whether the same request may succeed later.
 */
const ERRORS = {
  INTERNAL: { status: 500, retry: false },
  REQUEST_INVALID: { status: 422, retry: false },
  REQUEST_MALFORMED: { status: 400, retry: false },
  REQUEST_TOO_LARGE: { status: 413, retry: false },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, retry: false },
  UNAUTHORIZED: { status: 401, retry: false },
  ROUTE_NOT_FOUND: { status: 404, retry: false },
  METHOD_NOT_ALLOWED: { status: 405, retry: false },
  ITEM_NOT_FOUND: { status: 404, retry: false },
  BINARY_NOT_FOUND: { status: 404, retry: false },
  DEAD_LETTER_NOT_FOUND: { status: 404, retry: false },
  REINDEX_RUNNING: { status: 409, retry: true },
  CONFIG_NOT_FOUND: { status: 404, retry: false },
  CONFIG_INVALID: { status: 422, retry: false },
  CONFIG_NOT_SELECTED: { status: 403, retry: false },
  NO_ACTIVE_CONFIG: { status: 403, retry: false },
  QUEUE_FULL: { status: 503, retry: true },
  STATION_CLOSING: { status: 503, retry: true },
  ROOT_INVALID: { status: 500, retry: false },
  ROOT_LOCKED: { status: 500, retry: false },
  ADDRESS_UNAVAILABLE: { status: 500, retry: false },
  CAMERA_UNREACHABLE: { status: 502, retry: true },
  CAPTURE_FAILED: { status: 502, retry: true },
  IMAGE_UNREADABLE: { status: 422, retry: false },
  IMAGE_TOO_LARGE: { status: 422, retry: false },
  MODEL_INVALID: { status: 422, retry: false },
  MODEL_FAILED: { status: 502, retry: true },
  MODEL_SERVER_UNREACHABLE: { status: 502, retry: true },
  STORAGE_FAILED: { status: 503, retry: true },
  STORAGE_FULL: { status: 507, retry: true },
  TELEMETRY_FAILED: { status: 502, retry: true },
  REFUSED: { status: 502, retry: false },
  TIMEOUT: { status: 504, retry: true },
  ABORTED: { status: 503, retry: true },
} as const;

export type ErrorCode = keyof typeof ERRORS;

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Structured facts about the error: ids, limits, counts. Never a secret, never a path of the machine. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The only error class of the product: a stable code, and a sentence that names the thing and, where it helps, the remedy. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retry(): boolean {
    return ERRORS[this.code].retry;
  }
}

/** Said of a trigger while no config is active, wherever that is noticed. The beginning of the sentence is public API. */
export function noActiveConfig(): AppError {
  const remedy = 'POST {"config_name": …} to /api/v1/configs/active, or set ACTIVE_CONFIG_NAME';
  return new AppError('NO_ACTIVE_CONFIG', `No active configuration selected! ${remedy}`);
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return String(error);
}
