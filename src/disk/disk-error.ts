import { AppError, messageOf } from '../domain/errors.ts';

/** The error code of a failed system call, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EMFILE: 'too many files are open',
  EIO: 'the disk reports an input/output error',
  ENOTDIR: 'a file stands where a folder should be',
  EISDIR: 'a folder stands where a file should be',
};

/** A failed disk access as an error of ours: what could not be done, why, and never where on the machine. */
export function diskError(what: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return new AppError('ABORTED', `${what}: it was cancelled`, { cause: error });
  }
  const reason = code === undefined ? messageOf(error) : (REASONS[code] ?? `the system says ${code}`);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new AppError(full ? 'STORAGE_FULL' : 'STORAGE_FAILED', `${what}: ${reason}`, { cause: error });
}
