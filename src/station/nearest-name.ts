import { closest, distance } from 'fastest-levenshtein';

/** The name someone probably meant: the nearest of the valid ones, if it is near enough to be a typo; else undefined. */
export function nearestName(found: string, valid: readonly string[]): string | undefined {
  const fold = (name: string): string => name.toLowerCase().replaceAll(/[-\s]/g, '_');
  const folded = fold(found);
  if (folded.length > 100 || valid.length === 0) return undefined;
  const nearest = closest(folded, valid.map(fold));
  // Names of one or two letters are all near to each other.
  const tolerated = Math.floor(Math.min(folded.length, nearest.length) * 0.4);
  const isNear = distance(folded, nearest) <= tolerated || isTransposed(folded, nearest);
  return isNear ? valid.find((name) => fold(name) === nearest) : undefined;
}

/** Two letters in the wrong order are one slip, which the distance counts as two. */
function isTransposed(found: string, name: string): boolean {
  const letters = (text: string): string => [...text].sort().join('');
  return found.length > 2 && distance(found, name) === 2 && letters(found) === letters(name);
}

/** `, did you mean "x"? Allowed: "x", "y"`: what follows the name of something unknown. */
export function suggestion(found: unknown, valid: readonly unknown[], listed = 'Allowed'): string {
  const names = valid.map(String);
  const nearest = typeof found === 'string' ? nearestName(found, names) : undefined;
  const meant = nearest === undefined ? '.' : `, did you mean "${nearest}"?`;
  return `${meant} ${listed}: ${names.length === 0 ? 'none' : names.map((name) => `"${name}"`).join(', ')}`;
}
