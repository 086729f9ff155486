import type { DeadLetterPart, DeadLetterRecord } from '../application/dead-letters.ts';
import { createEventLog } from '../application/event-log.ts';
import type { Decision } from '../domain/decision.ts';
import { AppError } from '../domain/errors.ts';
import type { Item } from '../domain/item.ts';
import type { Orchestrator, ReindexState, StoredImage, TriggerRequest } from '../station/orchestrator.ts';

export interface MemoryOrchestrator extends Orchestrator {
  /** What was asked, in order. */
  readonly triggers: TriggerRequest[];
  readonly uploads: Uint8Array[];
  /** Adds an item, the newest one. */
  add(item: Partial<Item> & { readonly id: string }, images?: readonly StoredImage[]): void;
  /** The next call that can fail does so with this. */
  failWith(error: unknown): void;
  /** Makes a config active without the ceremony; null: none. */
  setActive(name: string | null): void;
  setReasons(...reasons: readonly string[]): void;
}

const CONFIGS: Readonly<Record<string, unknown>> = {
  front: { cameras: { cam1: { type: 'fake', camera_rule: { name: 'expected_label_rule' } } }, description: 'front' },
  back: { cameras: {} },
};

const EMPTY_LEDGER = {
  ...{ closed: true, accepted: 0, decided: 0, stored: 0, uploads: 0, removed: 0, missing_count: 0 },
  ...{ deliveries: [], missing: [], unknown: [] },
};

/** A station without disk, camera or model: it does what is asked at once, and the same each time. */
export function memoryOrchestrator(): MemoryOrchestrator {
  const items: Item[] = [];
  const images = new Map<string, readonly StoredImage[]>();
  const triggers: TriggerRequest[] = [];
  const uploads: Uint8Array[] = [];
  const events = createEventLog('run');
  let active: string | null = 'front';
  let failure: { readonly error: unknown } | undefined;
  let reasons: readonly string[] = [];

  const failIfTold = (): void => {
    const { error } = failure ?? {};
    const isTold = failure !== undefined;
    failure = undefined;
    if (isTold) throw error;
  };

  const add: MemoryOrchestrator['add'] = (item, stored = []) => {
    items.unshift({ ...itemOf(items.length), binaries: stored.map(({ name }) => name), ...item });
    images.set(item.id, stored);
  };

  let reindexing: ReindexState = { running: false, items: 0, unreadable: 0, failure: null, finished_at: null };
  const letters: DeadLetterRecord[] = [
    { item_id: 'dead', what: 'inspection', reason: 'it ended the station', attempts: 2, since: '2024-04-02T10:00:00Z' },
    { item_id: 'dead', what: 'telemetry_sink', reason: 'refused', attempts: 1, since: '2024-04-02T10:00:01Z' },
  ];
  const takeOut = (id: string, what: DeadLetterPart | undefined): readonly DeadLetterPart[] => {
    const found = letters.filter((letter) => letter.item_id === id && letter.what === (what ?? letter.what));
    if (found.length === 0) throw new AppError('DEAD_LETTER_NOT_FOUND', 'nothing of it is set aside');
    for (const letter of found) letters.splice(letters.indexOf(letter), 1);
    return found.map((letter) => letter.what);
  };

  return {
    triggers,
    uploads,
    add,
    events,
    failWith: (error) => {
      failure = { error };
    },
    setActive: (name) => {
      active = name;
    },
    setReasons: (...given) => {
      reasons = given;
    },
    items: {
      find: async (id) => {
        failIfTold();
        return items.find((item) => item.id === id);
      },
      list: async ({ limit, cursor = '0', decision, state, stationConfig, serialNumber, from, to }) => {
        if (!/^\d+$/.test(cursor))
          throw new AppError('REQUEST_INVALID', `cursor: "${cursor}" is not one of this station`);
        const matches = (wanted: string | undefined, is: Decision | string | null): boolean =>
          wanted === undefined || wanted === is;
        const found = items.filter((item) => {
          const at = Date.parse(item.received_at);
          const inTime = at >= (from ?? Number.NEGATIVE_INFINITY) && at <= (to ?? Number.POSITIVE_INFINITY);
          const inConfig = matches(stationConfig, item.station_config) && matches(serialNumber, item.serial_number);
          return inTime && inConfig && matches(decision, item.decision) && matches(state, item.state);
        });
        const end = Number(cursor) + limit;
        return { items: found.slice(Number(cursor), end), next: end < found.length ? String(end) : null };
      },
      delivery: async (id) => {
        if (!items.some((item) => item.id === id)) return undefined;
        return { item_id: id, on_station: true, deliveries: [] };
      },
      binary: async (id, cameraId) => images.get(id)?.find(({ name }) => name.split('.')[0] === cameraId),
    },
    trigger: async (request) => {
      failIfTold();
      triggers.push(request);
      return `item-${triggers.length}`;
    },
    upload: async (image) => {
      failIfTold();
      uploads.push(image);
      return `upload-${uploads.length}`;
    },
    finished: async (id) => itemOf(0, id),
    configs: {
      all: async () => CONFIGS,
      diagnostics: async () => [
        { file: 'config/station_configs/bad.json', severity: 'error', path: 'cameras', line: 2, message: 'is missing' },
      ],
      active: () => (active === null ? null : CONFIGS[active]),
      activate: async (name) => {
        failIfTold();
        if (name === '') throw new AppError('CONFIG_NOT_SELECTED', 'No configuration selected!');
        if (name === 'bad') throw new AppError('CONFIG_INVALID', 'config "bad" has errors', { details: { errors: 1 } });
        if (!(name in CONFIGS)) throw new AppError('CONFIG_NOT_FOUND', `no config "${name}"`);
        active = name;
        return CONFIGS[name];
      },
    },
    inventory: async () => ({ cameras: ['fake'], models: {}, camera_rules: [], item_rules: [] }),
    health: async () => ({ reasons, warnings: [] }),
    status: async () => ({
      reasons,
      warnings: [],
      deliveries: [],
      storage: { free_bytes: 1_000_000, used_bytes: 0, bytes_per_hour: 0, hours_until_full: null },
      counts: { accepted: 0, rejected: 0, decided: 0, late: 0, failed: 0 },
      dead_letters: 0,
      recovering: 0,
    }),
    ledger: async () => {
      failIfTold();
      return EMPTY_LEDGER;
    },
    deadLetters: {
      list: async () => letters,
      retry: async (id, what) => takeOut(id, what),
      drop: async (id, what) => takeOut(id, what),
    },
    reindex: {
      start: () => {
        if (reindexing.running) throw new AppError('REINDEX_RUNNING', 'it is being done already');
        reindexing = { ...reindexing, running: true };
        return reindexing;
      },
      state: () => reindexing,
    },
    announce: async () => {},
    drain: async () => {},
    close: async () => {},
  };
}

/** A finished item; each is received an hour after the one before, from 2024-04-02 10:00 UTC on. */
function itemOf(index: number, id = `item-${index}`): Item {
  const receivedAt = new Date(Date.UTC(2024, 3, 2, 10 + index)).toISOString();
  return {
    id,
    serial_number: null,
    category: null,
    idempotency_key: null,
    station_config: 'front',
    cameras: { cam1: { brightness: null, exposition: 100, position: 'front', source: 'people_dataset' } },
    received_time: receivedAt.slice(0, 19).replace('T', ' '),
    received_at: receivedAt,
    inferences: { cam1: { model1: { full_image: { label: 'connected', probability: 0.98 } } } },
    camera_decisions: { cam1: { decision: 'OK', reason: 'every label is expected' } },
    decision: 'OK',
    state: 'Done',
    error: null,
    late: false,
    near_threshold: false,
    stored_bytes: 0,
    warnings: [],
    binaries: [],
    timings_ms: { Capture: 1.5 },
    config_digest: null,
    models: {},
  };
}
