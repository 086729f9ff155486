import { AppError } from '../domain/errors.ts';
import type { VerdictDeadline } from './station.ts';
import type { Turns } from './turns.ts';
import type { UnsavedPictures } from './unsaved-pictures.ts';

/** Free space of the disk that the items go to. */
export interface DiskRoom {
  /** Resolves once the figures are those of this moment, or a blink old. */
  refresh(): Promise<void>;
  /** Why an item of this size could not be kept any more, or null. */
  refusal(bytes: number): string | null;
  /** Counts bytes that are about to be written. */
  spend(bytes: number): void;
}

export interface Admission {
  /** Throws `STATION_CLOSING`, `QUEUE_FULL` or `STORAGE_FULL` when an item must not begin now. `givenBytes`: what came with its trigger. */
  admit(underWay: number, deadline: VerdictDeadline | null, givenBytes: number): void;
  /** Admits nothing from now on. */
  close(): void;
  /** Hears how large an item became, to know what the next one needs. */
  stored(bytes: number): void;
}

export interface AdmissionOptions {
  /** Inspections that may be under way at once, in flight and waiting. */
  readonly capacity: number;
  readonly inFlight: Turns;
  readonly unsavedPictures: UnsavedPictures;
  readonly diskRoom: DiskRoom;
}

/** An item is taken only where its turn is expected within this share of its deadline; the rest is for surprises. */
const PROMISED_SHARE = 0.75;

/** What an item takes beside its pictures: its record, and its place in the journal. */
const RECORD_BYTES = 32 * 1024;

/** Decides which triggers are taken: what is taken is inspected, what cannot be is refused at once. */
export function createAdmission({ capacity, inFlight, unsavedPictures, diskRoom }: AdmissionOptions): Admission {
  let isClosing = false;
  let largestBytes = 0;

  /** When an item that came now would have its models' answers, in milliseconds; 0 while there is a free place. */
  const expectedMs = (underWay: number): number =>
    underWay < inFlight.places ? 0 : Math.ceil((underWay + 1) / inFlight.places) * inFlight.heldMs;

  return {
    admit(underWay, deadline, givenBytes) {
      if (isClosing) throw new AppError('STATION_CLOSING', 'the station is shutting down and takes no more triggers');
      if (underWay >= capacity) {
        throw queueFull(`${underWay} inspections are under way or wait, which is all the station takes`);
      }
      if (unsavedPictures.isFull) throw queueFull('the disk does not keep up with the pictures');
      const waitMs = expectedMs(underWay);
      if (deadline !== null && waitMs > PROMISED_SHARE * deadline.ms) {
        const wait = `${underWay} inspections are under way, which take ${Math.round(waitMs)} ms`;
        throw queueFull(`${wait}: a verdict within ${deadline.ms} ms cannot be promised`, waitMs);
      }
      const itemBytes = RECORD_BYTES + Math.max(largestBytes, givenBytes);
      const refusal = diskRoom.refusal(itemBytes + unsavedPictures.bytes);
      if (refusal !== null) throw new AppError('STORAGE_FULL', refusal);
      diskRoom.spend(itemBytes);
    },
    close() {
      isClosing = true;
    },
    stored(bytes) {
      // shrinks slowly, so that one huge picture is not asked for for ever
      largestBytes = Math.max(bytes, Math.floor(0.99 * largestBytes));
    },
  };
}

function queueFull(why: string, waitMs = 0): AppError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new AppError('QUEUE_FULL', `${why}; try again soon`, { details: { retry_after_seconds: seconds } });
}
