import { describe, expect, it } from 'vitest';
import { createStepClock } from './run-step.ts';

describe('a step', () => {
  it('publishes its state when it begins and keeps how long it took', async () => {
    const states: string[] = [];
    let now = 100;
    const clock = createStepClock(
      (state) => states.push(state),
      () => now,
    );
    const result = await clock.step('Save Binaries', async () => {
      expect(states).toEqual(['Save Binaries']);
      now += 1.2345678;
      return 'saved';
    });
    expect(result).toBe('saved');
    expect(clock.timings()).toEqual({ save_binaries: 1.235 });
  });

  it('keeps the time of a step that fails, and passes the failure on', async () => {
    let now = 0;
    const clock = createStepClock(
      () => {},
      () => now,
    );
    const failing = clock.step('Inference', async () => {
      now = 7;
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(clock.timings()).toEqual({ inference: 7 });
  });
});
