/** What happens to the content of a file when only some of the changes on their way to it survive. */

export type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly size: number };

/** The system writes files back in pages of this size, each as it is at that moment. */
const PAGE = 4096;

/** The content with these changes made to it. */
export function changed(content: Uint8Array, changes: readonly Change[]): Uint8Array {
  if (changes.length === 0) return content;
  let size = content.length;
  let most = size;
  for (const change of changes) {
    size = change.kind === 'resize' ? change.size : Math.max(size, change.offset + change.bytes.length);
    most = Math.max(most, size);
  }
  const bytes = new Uint8Array(most);
  bytes.set(content);
  for (const change of changes) {
    if (change.kind === 'resize') bytes.fill(0, change.size);
    else bytes.set(change.bytes, change.offset);
  }
  return bytes.slice(0, size);
}

/** A content of which each page has seen only the first few of the changes on their way; a resize likewise. */
export function torn(content: Uint8Array, changes: readonly Change[], choose: Chooser): Uint8Array {
  const pieces = changes.flatMap((change) => (change.kind === 'resize' ? [change] : pagesOf(change)));
  const placeOf = (piece: Change): number => (piece.kind === 'resize' ? -1 : Math.floor(piece.offset / PAGE));
  const left = new Map([...Map.groupBy(pieces, placeOf)].map(([place, own]) => [place, choose(own.length)]));
  const survives = (piece: Change): boolean => {
    const more = left.get(placeOf(piece)) ?? 0;
    left.set(placeOf(piece), more - 1);
    return more > 0;
  };
  return changed(content, pieces.filter(survives));
}

function pagesOf({ offset, bytes }: Change & { readonly kind: 'write' }): readonly Change[] {
  const pages: Change[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + PAGE - ((offset + from) % PAGE));
    pages.push({ kind: 'write', offset: offset + from, bytes: bytes.subarray(from, to) });
    from = to;
  }
  return pages;
}

/** Gives a whole number from 0 to `most`, both included. */
export type Chooser = (most: number) => number;

/** The same numbers for the same seed, so that a failing state can be made again. */
export function randomChooser(seed: number): Chooser {
  let value = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return (most) => {
    // a step of a linear congruence; its high bits are the random ones
    value = (Math.imul(value, 1664525) + 1013904223) >>> 0;
    return Math.floor((value / 2 ** 32) * (most + 1));
  };
}
