import { describe, expect, it } from 'vitest';
import { RelativePath } from './relative-path.ts';

describe('a relative path', () => {
  it.each(['a', 'a/b.txt', 'a b/ü', '..a', 'a..b/c', './a'])('may be %j', (path) => {
    expect(RelativePath.safeParse(path).success).toBe(true);
  });

  it.each(['', '/', '/etc', '..', '../a', 'a/../../b', 'a/..', 'C:\\x', 'c:x', 'a\\..\\b', 'a\0b'])(
    'is never %j',
    (path) => {
      expect(RelativePath.safeParse(path).success).toBe(false);
    },
  );
});
