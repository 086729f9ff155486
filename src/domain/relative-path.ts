import { z } from 'zod';

/**
 * A path that stays below the folder it is relative to: `/` between its parts, no `..`, no leading `/`, no drive,
 * no backslash (which is a separator on one machine and a letter on another).
 */
export function staysInside(path: string): boolean {
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path) || /[\\\0]/.test(path)) return false;
  return !path.split('/').includes('..');
}

export const RelativePath = z.string().min(1).refine(staysInside, {
  error: 'expected a relative path with "/" between its parts and without ".."',
});
