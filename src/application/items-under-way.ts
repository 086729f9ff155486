import type { Item } from '../domain/item.ts';

/** The items whose work has begun and not ended. */
export interface ItemsUnderWay {
  count(): number;
  /** Keeps an item here until its work has ended, and calls `ended` then; passes on what the work comes to. */
  follow(itemId: string, work: Promise<Item>, ended: () => void): Promise<Item>;
  /** What the work of an item comes to; undefined when it is not under way. */
  finished(itemId: string): Promise<Item> | undefined;
  /** Resolves when nothing is under way, at the latest when the signal is aborted. */
  quiet(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is under way, what was added meanwhile included. */
  drain(): Promise<void>;
}

export function createItemsUnderWay(): ItemsUnderWay {
  const underWay = new Map<string, Promise<Item>>();
  const waitingForQuiet = new Set<() => void>();
  return {
    count: () => underWay.size,
    follow(itemId, work, ended) {
      const done = work.finally(() => {
        underWay.delete(itemId);
        ended();
        if (underWay.size > 0) return;
        for (const resolve of waitingForQuiet) resolve();
      });
      underWay.set(itemId, done);
      return done;
    },
    finished: (itemId) => underWay.get(itemId),
    quiet(signal) {
      if (underWay.size === 0 || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const end = (): void => {
          waitingForQuiet.delete(end);
          signal.removeEventListener('abort', end);
          resolve();
        };
        waitingForQuiet.add(end);
        signal.addEventListener('abort', end, { once: true });
      });
    },
    async drain() {
      while (underWay.size > 0) await Promise.allSettled([...underWay.values()]);
    },
  };
}
