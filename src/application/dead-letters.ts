import { DESTINATIONS, type Destination } from '../domain/delivery.ts';
import { AppError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Journal } from '../ports/journal.ts';

/** What of an item was set aside. */
export const DEAD_LETTER_PARTS = ['inspection', ...DESTINATIONS] as const;
export type DeadLetterPart = (typeof DEAD_LETTER_PARTS)[number];

/** Something that the station does not try again by itself. */
export interface DeadLetterRecord {
  readonly item_id: string;
  /** `inspection`, or where it could not be delivered. */
  readonly what: DeadLetterPart;
  readonly reason: string;
  readonly attempts: number;
  /** ISO 8601, when it was set aside. */
  readonly since: string;
}

export interface DeadLetters {
  /** The oldest first. */
  list(): Promise<readonly DeadLetterRecord[]>;
  /** Tries again what was set aside of an item (`what`: only this); resolves with what that is. Rejects with `DEAD_LETTER_NOT_FOUND`. */
  retry(itemId: string, what?: DeadLetterPart): Promise<readonly DeadLetterPart[]>;
  /** Gives up what was set aside: the item stays as it is, the delivery is not made. */
  drop(itemId: string, what?: DeadLetterPart): Promise<readonly DeadLetterPart[]>;
}

export interface DeadLetterOptions {
  readonly journal: Journal;
  /** Called with an item that is to be inspected again; what nobody takes up now is for the next start. */
  readonly inspectAgain?: (item: Item) => void;
  readonly deliverAgain?: (destination: Destination) => void;
}

export function createDeadLetters({ journal, inspectAgain, deliverAgain }: DeadLetterOptions): DeadLetters {
  const { recoveries, outbox } = journal;

  const setAside = async (itemId: string, what: DeadLetterPart | undefined): Promise<readonly DeadLetterPart[]> => {
    const letters = await recoveries.deadLetters();
    const parts = letters.filter((letter) => letter.itemId === itemId).map(({ destination }) => partOf(destination));
    const asked = parts.filter((part) => part === (what ?? part));
    if (asked.length > 0) return asked;
    const of = what === undefined ? 'nothing' : `no ${what}`;
    throw new AppError('DEAD_LETTER_NOT_FOUND', `${of} of item ${JSON.stringify(itemId.slice(0, 100))} is set aside`);
  };

  const retryInspection = async (itemId: string): Promise<void> => {
    const known = (await recoveries.all()).find((recovery) => recovery.itemId === itemId);
    const item = await journal.find(itemId);
    if (known === undefined || item === undefined) return;
    await recoveries.put({ ...known, state: 'retry' });
    inspectAgain?.(item);
  };

  return {
    async list() {
      const letters = await recoveries.deadLetters();
      return letters.map(({ itemId, destination, reason, attempts, sinceMs }) => {
        return { item_id: itemId, what: partOf(destination), reason, attempts, since: new Date(sinceMs).toISOString() };
      });
    },
    async retry(itemId, what) {
      const parts = await setAside(itemId, what);
      for (const part of parts) {
        if (part === 'inspection') await retryInspection(itemId);
        else if (await outbox.reopen(itemId, part)) deliverAgain?.(part);
      }
      return parts;
    },
    async drop(itemId, what) {
      const parts = await setAside(itemId, what);
      for (const part of parts) {
        if (part === 'inspection') await recoveries.remove(itemId);
        else await outbox.drop(itemId, part);
      }
      return parts;
    },
  };
}

function partOf(destination: Destination | null): DeadLetterPart {
  return destination ?? 'inspection';
}
