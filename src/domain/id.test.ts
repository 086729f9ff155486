import { describe, expect, it } from 'vitest';
import { isPathId, isStoredName } from './id.ts';

describe('an id that becomes a path', () => {
  it.each(['camera_id3', '0', 'a.b-c_d', 'a..b', 'A', `a${'b'.repeat(63)}`])('may be %j', (id) => {
    expect(isPathId(id)).toBe(true);
  });

  it.each(['', '.', '..', '.hidden', '-a', '_a', 'a/b', 'a\\b', 'a b', 'é', 'a\n', `a${'b'.repeat(64)}`, '%2e%2e'])(
    'is never %j',
    (id) => {
      expect(isPathId(id)).toBe(false);
    },
  );
});

describe('the name of a stored file', () => {
  it.each(['camera_id3.jpg', 'metadata.json', '0.png', `${'a'.repeat(64)}.jpg`])('may be %j', (name) => {
    expect(isStoredName(name)).toBe(true);
  });

  it.each(['', '.half-written', '../a.jpg', 'a/b.jpg', 'a\0.jpg', 'a'.repeat(81)])('is never %j', (name) => {
    expect(isStoredName(name)).toBe(false);
  });
});
