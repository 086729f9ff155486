import { describe, expect, it } from 'vitest';
import { joinedErrors, withoutOk } from './item.ts';

describe('an item that something went wrong with', () => {
  it.each([
    { decision: 'OK', becomes: 'NO_DECISION' },
    { decision: 'KO', becomes: 'KO' },
    { decision: 'NO_DECISION', becomes: 'NO_DECISION' },
  ] as const)('is $becomes where it would have been $decision', ({ decision, becomes }) => {
    expect(withoutOk(decision)).toBe(becomes);
  });

  it('carries every failure in one sentence, and none when there was none', () => {
    expect(joinedErrors(['camera "a" failed', 'model "b" failed'])).toBe('camera "a" failed; model "b" failed');
    expect(joinedErrors([])).toBeNull();
  });
});
