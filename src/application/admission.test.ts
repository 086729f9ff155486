import { describe, expect, it } from 'vitest';
import { createAdmission } from './admission.ts';
import { createTurns } from './turns.ts';
import { createUnsavedPictures } from './unsaved-pictures.ts';

const KO_AFTER_A_SECOND = { ms: 1_000, lateDecision: 'KO' } as const;

/** Two places in flight that were each held for a while, and room for ten items; `free` bytes on the disk. */
function admissionWith({ heldMs = 100, free = Number.MAX_SAFE_INTEGER } = {}) {
  let now = 0;
  const inFlight = createTurns(2, () => now);
  const release = inFlight.tryTake();
  now = heldMs;
  release?.();
  const unsavedPictures = createUnsavedPictures(500);
  const diskRoom = {
    async refresh() {},
    spend() {},
    refusal: (bytes: number) => (bytes > free ? 'the disk is full' : null),
  };
  return { unsavedPictures, admission: createAdmission({ capacity: 10, inFlight, unsavedPictures, diskRoom }) };
}

describe('a trigger', () => {
  it('is taken up to the capacity where nothing has to be decided by a time', () => {
    const { admission } = admissionWith({ heldMs: 60_000 });
    expect(() => admission.admit(9, null, 0)).not.toThrow();
    expect(() => admission.admit(10, null, 0)).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }));
  });

  it.each([
    { underWay: 1, isTaken: true, why: 'there is a free place' },
    { underWay: 3, isTaken: true, why: 'two rounds take 600 ms' },
    { underWay: 5, isTaken: false, why: 'three rounds take 900 ms, more than three quarters of the deadline' },
  ])('with $underWay under way is taken ($isTaken), as $why', ({ underWay, isTaken }) => {
    const { admission } = admissionWith({ heldMs: 300 });
    const admit = (): void => admission.admit(underWay, KO_AFTER_A_SECOND, 0);
    if (isTaken) expect(admit).not.toThrow();
    else expect(admit).toThrow('a verdict within 1000 ms cannot be promised');
  });

  it('that is refused for want of time says when to ask again', () => {
    const { admission } = admissionWith({ heldMs: 1_200 });
    const details = { retry_after_seconds: 3 };
    expect(() => admission.admit(2, KO_AFTER_A_SECOND, 0)).toThrow(expect.objectContaining({ details }));
  });

  it('is refused when its pictures, or those of an item like the ones before, find no room on the disk', () => {
    const { admission, unsavedPictures } = admissionWith({ free: 1_000 + 32 * 1024 });
    expect(() => admission.admit(0, null, 1_000)).not.toThrow();
    expect(() => admission.admit(0, null, 1_001)).toThrow(expect.objectContaining({ code: 'STORAGE_FULL' }));
    admission.stored(800);
    expect(() => admission.admit(0, null, 0)).not.toThrow();
    unsavedPictures.add(new Uint8Array(201));
    expect(() => admission.admit(0, null, 0)).toThrow('the disk is full');
  });

  it('is refused while the disk does not keep up, and once the station is closing', () => {
    const { admission, unsavedPictures } = admissionWith();
    unsavedPictures.add(new Uint8Array(500));
    expect(() => admission.admit(0, null, 0)).toThrow('the disk does not keep up');
    admission.close();
    expect(() => admission.admit(0, null, 0)).toThrow(expect.objectContaining({ code: 'STATION_CLOSING' }));
  });
});
