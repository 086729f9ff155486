import type { Destination } from '../domain/delivery.ts';
import { AppError, messageOf } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Log } from '../ports/context.ts';
import type { DeliveryOutcome, DuePiece, Outbox } from '../ports/journal.ts';
import { withDeadline } from './deadline.ts';
import { pause } from './pause.ts';

/** Where finished items go beyond the disk of the station. */
export interface DeliveryTarget {
  readonly destination: Destination;
  /** Its `type` in `edge.json`, for people. */
  readonly type: string;
  /** Most items handed over at once, in their order. */
  readonly batch: number;
  /** Most batches under way at once; 1 keeps the order of all. */
  readonly parallel: number;
  /** Resolves when all of them have arrived; what arrives twice counts once. Rejects with `REFUSED` when the items are at fault, and not the destination. */
  deliver(items: readonly Item[], signal: AbortSignal): Promise<void>;
  /** Resolves when something could be delivered now. */
  check(signal: AbortSignal): Promise<void>;
}

export interface CourierOptions {
  readonly outbox: Outbox;
  readonly target: DeliveryTarget;
  /** Most items a second of a backlog, beside those that come meanwhile. */
  readonly maxPerSecond: number;
  /** Resolves when no item is being inspected, at the latest with the signal: what waited for hours may wait for that too. */
  readonly whenQuiet: (signal: AbortSignal) => Promise<void>;
  /** Longest pause between two attempts, in milliseconds. */
  readonly maxPauseMs: number;
  readonly timeoutMs: number;
  readonly log: Log;
}

/** Carries what waits for one destination there, in order, whatever becomes of the station or the destination. */
export interface Courier {
  readonly destination: Destination;
  readonly type: string;
  /** Begins to carry; a second call does nothing. */
  start(): void;
  /** Hears of one more item, and looks for what waits, soon. */
  wake(): void;
  /** Why the last attempt failed; null when it did not. */
  failure(): string | null;
  /** When a destination that failed is tried again, in milliseconds since the epoch; null while it works. */
  nextAttemptMs(): number | null;
  /** Calls off what is under way: it is done again after the next start. */
  close(): Promise<void>;
}

/** What is told together is delivered together: the journal has been written by then, too. */
const GATHER_MS = 50;
/** Looked for in any case, as a piece may have come without a word. */
const IDLE_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
/** A piece that failed so often while the destination works is at fault itself. */
const MOST_ATTEMPTS = 10;
/** Windows are this many rounds of batches long, so that one slow piece does not hold up all others. */
const ROUNDS = 4;
/** A backlog is worked off in small portions, so often. */
const PORTIONS_PER_SECOND = 5;
/** Longest time that a piece of a backlog waits for a quiet moment: a station may never have one. */
const COURTESY_MS = 100;
/** So many items of a backlog a second make up for one more batch under way. */
const PER_SECOND_AND_BATCH = 25;

export function createCourier(options: CourierOptions): Courier {
  const { outbox, target, maxPerSecond, whenQuiet, maxPauseMs, timeoutMs, log } = options;
  const { destination, type } = target;
  const closing = new AbortController();
  let failures = 0;
  let failure: string | null = null;
  let nextAttemptMs: number | null = null;
  const window = target.batch * target.parallel * ROUNDS;
  const portion = Math.max(1, maxPerSecond / PORTIONS_PER_SECOND);
  /** Items of a backlog that may go now. */
  let spare = portion;
  let refilledAt = performance.now();
  /** Items that have come since the last look: they go at once. */
  let fresh = 0;
  let isChecked = false;
  let isWanted = false;
  let sleeping = new AbortController();

  /** Waits until there may be something to carry. */
  const rest = async (): Promise<void> => {
    sleeping = new AbortController();
    if (!isWanted) await pause(IDLE_MS, AbortSignal.any([sleeping.signal, closing.signal])).catch(() => undefined);
    isWanted = false;
    await pause(GATHER_MS, closing.signal);
  };

  const hand = (pieces: readonly DuePiece[]): Promise<void> =>
    withDeadline(timeoutMs, `delivering to ${type}`, closing.signal, (limit) =>
      target.deliver(
        pieces.map(({ item }) => item),
        limit,
      ),
    );

  /** Whether the destination works although it does not take this piece. */
  const isStubborn = async ({ attempts }: DuePiece): Promise<boolean> => {
    if (attempts + 1 < MOST_ATTEMPTS) return false;
    const checked = withDeadline(timeoutMs, `checking ${type}`, closing.signal, (limit) => target.check(limit));
    return await checked.then(
      () => true,
      () => false,
    );
  };

  const outcomeOf = async (piece: DuePiece, error: unknown): Promise<DeliveryOutcome> => {
    const isRefused = error instanceof AppError && error.code === 'REFUSED';
    const state = isRefused || (await isStubborn(piece)) ? 'set_aside' : 'waiting';
    if (state === 'set_aside') {
      log.error({ itemId: piece.item.id, destination, reason: messageOf(error) }, 'a delivery is set aside');
    }
    return { place: piece.place, state, error: messageOf(error) };
  };

  /** Piece by piece, as far as the destination takes them. */
  const carryEach = async (pieces: readonly DuePiece[]): Promise<readonly DeliveryOutcome[]> => {
    const outcomes: DeliveryOutcome[] = [];
    for (const piece of pieces) {
      outcomes.push(...(await carry([piece])));
      if (outcomes.at(-1)?.state === 'waiting') break;
    }
    return outcomes;
  };

  /** Hands a batch over; one that cannot be is handed over piece by piece, so that only what is at fault stays behind. */
  const carry = async (pieces: readonly DuePiece[]): Promise<readonly DeliveryOutcome[]> => {
    try {
      await hand(pieces);
      return pieces.map(({ place }) => ({ place, state: 'delivered', error: null }));
    } catch (error) {
      closing.signal.throwIfAborted();
      const isRefused = error instanceof AppError && error.code === 'REFUSED';
      const isOften = pieces.some(({ attempts }) => attempts + 1 >= MOST_ATTEMPTS);
      if (pieces.length > 1 && (isRefused || isOften)) return await carryEach(pieces);
      return await Promise.all(pieces.map((piece) => outcomeOf(piece, error)));
    }
  };

  const refill = (): void => {
    const now = performance.now();
    spare = Math.min(portion, spare + ((now - refilledAt) * maxPerSecond) / 1_000);
    refilledAt = now;
  };

  /** How many pieces may go now; waits for a portion of the backlog where nothing fresh has come. */
  const allowance = async (): Promise<number> => {
    // a destination that failed is tried with one batch, not with all there is
    if (failures > 0) return target.batch;
    refill();
    if (fresh === 0 && spare < portion) {
      await pause((1_000 * (portion - spare)) / maxPerSecond, closing.signal);
      refill();
    }
    // a clock that is off by a hair is no reason to carry nothing
    return Math.max(1, Math.min(window, fresh + Math.floor(spare)));
  };

  /** Waits for a moment in which nothing is inspected, not for long. */
  const courtesy = async (): Promise<void> => {
    const enough = new AbortController();
    const timer = setTimeout(() => enough.abort(), COURTESY_MS);
    await whenQuiet(enough.signal);
    clearTimeout(timer);
  };

  /** Carries a window of pieces; after a failure no further batch is begun. */
  const carryAll = async (pieces: readonly DuePiece[], isBacklog: boolean): Promise<readonly DeliveryOutcome[]> => {
    const parallel = isBacklog
      ? Math.min(target.parallel, Math.ceil(maxPerSecond / PER_SECOND_AND_BATCH))
      : target.parallel;
    const outcomes: DeliveryOutcome[] = [];
    let next = 0;
    let hasFailed = false;
    const carryInTurn = async (): Promise<void> => {
      while (next < pieces.length && !hasFailed) {
        if (isBacklog) await courtesy();
        const batch = pieces.slice(next, next + target.batch);
        next += batch.length;
        const carried = await carry(batch);
        hasFailed ||= carried.some(({ state }) => state === 'waiting');
        outcomes.push(...carried);
      }
    };
    await Promise.all(Array.from({ length: parallel }, carryInTurn));
    return outcomes;
  };

  const failed = (error: string): void => {
    if (failure === null) log.warn({ destination, type, reason: error }, 'a destination does not take what is sent');
    failure = error;
  };

  const backOff = async (error: string): Promise<void> => {
    failures += 1;
    fresh = 0;
    failed(error);
    const longest = Math.min(maxPauseMs, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
    // jittered, so that stations that lost the same server do not come back all at once
    const ms = longest * (0.5 + Math.random() / 2);
    nextAttemptMs = Date.now() + ms;
    await pause(ms, closing.signal);
  };

  /** Nothing waits: whether the destination would take something is worth knowing before there is. */
  const idle = async (): Promise<void> => {
    if (failure !== null || !isChecked) {
      isChecked = true;
      const checked = withDeadline(timeoutMs, `checking ${type}`, closing.signal, (limit) => target.check(limit));
      const problem = await checked.then(() => null, messageOf);
      closing.signal.throwIfAborted();
      if (problem === null) recovered();
      else failed(problem);
    }
    await rest();
  };

  const recovered = (): void => {
    if (failure !== null) log.info({ destination, type }, 'a destination takes what is sent again');
    failures = 0;
    failure = null;
    nextAttemptMs = null;
  };

  const round = async (): Promise<void> => {
    const pieces = await outbox.due(destination, await allowance());
    if (pieces.length === 0) {
      fresh = 0;
      return await idle();
    }
    const isBacklog = pieces.length > fresh;
    spare -= Math.max(0, pieces.length - fresh);
    fresh = Math.max(0, fresh - pieces.length);
    const outcomes = await carryAll(pieces, isBacklog);
    await outbox.settle(outcomes);
    const undelivered = outcomes.find(({ state }) => state === 'waiting');
    if (undelivered !== undefined) return await backOff(undelivered.error ?? '');
    recovered();
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await round().catch(async (error: unknown) => {
        if (closing.signal.aborted) return;
        log.error({ destination, reason: messageOf(error) }, 'the outbox could not be read or written');
        await pause(FIRST_PAUSE_MS, closing.signal).catch(() => undefined);
      });
    }
  };
  let running: Promise<void> | null = null;

  return {
    destination,
    type,
    start() {
      running ??= run();
    },
    wake() {
      isWanted = true;
      if (failures === 0) fresh = Math.min(window, fresh + 1);
      sleeping.abort();
    },
    failure: () => failure,
    nextAttemptMs: () => nextAttemptMs,
    async close() {
      closing.abort(new AppError('ABORTED', 'the station is shutting down'));
      await running;
    },
  };
}
