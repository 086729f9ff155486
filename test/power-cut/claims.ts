/**
 * What a station promises about its disk, looked for in the files that a power cut left. Nothing is started for it: the
 * journal is opened as a new process would, everything else is in memory.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Item } from '../../src/domain/item.ts';
import type { DiskState } from './crash-disk.ts';

/** What was sent for an item that was answered. */
export interface Sent {
  readonly isUpload: boolean;
  /** Pictures that came with the trigger, by the name they are stored under. */
  readonly pictures: Readonly<Record<string, Uint8Array>>;
}

export type Claim =
  | 'an answered trigger has its item'
  | 'the journal is sound'
  | 'a picture with its final name is whole'
  | 'a result that was saved is whole, and so are its pictures'
  | 'an item that the journal says is OK has its pictures'
  | 'an answered upload has its picture'
  | 'the config of an answered item is kept'
  | 'an answered trigger has the picture that it brought';

export interface Broken {
  readonly claim: Claim;
  readonly sentence: string;
}

export interface ClaimsOptions {
  /** What cameras and clients gave: any picture on disk is one of them. */
  readonly pictures: readonly Uint8Array[];
  readonly sent: ReadonlyMap<string, Sent>;
  /** An existing folder where journals are laid out. */
  readonly folder: string;
}

const JOURNAL = 'data/journal.db';
const PICTURE = /^data\/storage\/[^/]+\/([^/]+)\/[^/]+\.(jpg|png|bin)$/;
const METADATA = /^data\/storage\/[^/]+\/([^/]+)\/metadata\.json$/;

/** Gives a function that tells which promises a state breaks, after these items have been answered. */
export function createClaims({ pictures, sent, folder }: ClaimsOptions) {
  const known = new Set(pictures.map(digestOf));
  const readJournal = createJournalReader(folder);
  const isWhole = (state: DiskState, path: string, wanted?: Uint8Array): boolean => {
    const content = state.get(path);
    if (content === undefined || content === 'folder') return false;
    return wanted === undefined ? known.has(digestOf(content)) : digestOf(wanted) === digestOf(content);
  };
  const lacking = (state: DiskState, { station_config, id, binaries }: Item): string | undefined =>
    binaries.find((name) => !isWhole(state, `data/storage/${station_config}/${id}/${name}`));

  const inFiles = (state: DiskState): readonly Broken[] =>
    [...state].flatMap(([path, content]): Broken[] => {
      if (content === 'folder') return [];
      if (PICTURE.test(path) && !isWhole(state, path)) {
        return [{ claim: 'a picture with its final name is whole', sentence: `${path} is not` }];
      }
      if (!METADATA.test(path)) return [];
      const claim = 'a result that was saved is whole, and so are its pictures';
      const item = itemOf(content);
      if (item === undefined) return [{ claim, sentence: `${path} is half` }];
      const name = lacking(state, item);
      return item.state === 'Done' && name !== undefined
        ? [{ claim, sentence: `${path} is there without ${name}` }]
        : [];
    });

  const inJournal = (state: DiskState, items: ReadonlyMap<string, Item>): readonly Broken[] =>
    [...items.values()].flatMap((item): Broken[] => {
      const name = item.binaries.length === 0 ? 'a picture' : lacking(state, item);
      if (item.decision !== 'OK' || name === undefined) return [];
      const sentence = `item ${item.id} is OK without ${name}`;
      return [{ claim: 'an item that the journal says is OK has its pictures', sentence }];
    });

  const ofAnswered = (state: DiskState, id: string, item: Item | undefined): readonly Broken[] => {
    if (item === undefined) {
      return [{ claim: 'an answered trigger has its item', sentence: `item ${id} was answered and is gone` }];
    }
    const broken: Broken[] = [];
    const config = state.get(`data/configs/${item.config_digest}.json`);
    if (config === undefined || config === 'folder' || digestOf(config) !== item.config_digest) {
      broken.push({ claim: 'the config of an answered item is kept', sentence: `that of item ${id} is gone` });
    }
    const { isUpload = false, pictures: brought = {} } = sent.get(id) ?? {};
    for (const [name, bytes] of Object.entries(brought)) {
      if (isWhole(state, `data/storage/${item.station_config}/${id}/${name}`, bytes)) continue;
      const claim = isUpload
        ? 'an answered upload has its picture'
        : 'an answered trigger has the picture that it brought';
      broken.push({ claim, sentence: `${name} of item ${id} is not there` });
    }
    return broken;
  };

  return (state: DiskState, answered: ReadonlySet<string>): readonly Broken[] => {
    const { items, trouble } = readJournal(state);
    return [
      ...(trouble === null ? [] : [{ claim: 'the journal is sound' as const, sentence: trouble }]),
      ...[...answered].flatMap((id) => ofAnswered(state, id, items.get(id))),
      ...inJournal(state, items),
      ...inFiles(state),
    ];
  };
}

interface ReadJournal {
  readonly items: ReadonlyMap<string, Item>;
  /** Why it cannot be trusted. */
  readonly trouble: string | null;
}

/** Reads the journal of states; states that share their journal share what was read. */
function createJournalReader(folder: string): (state: DiskState) => ReadJournal {
  const files = [JOURNAL, `${JOURNAL}-wal`, `${JOURNAL}-journal`];
  const numbers = new WeakMap<Uint8Array, number>();
  const read = new Map<string, ReadJournal>();
  const parsed = new Map<string, Item>();
  const parse = (text: string): Item => {
    const item = parsed.get(text) ?? Item.parse(JSON.parse(text));
    parsed.set(text, item);
    return item;
  };
  let last = 0;
  const numberOf = (content: Uint8Array | 'folder' | undefined): number => {
    if (content === undefined || content === 'folder') return 0;
    const number = numbers.get(content) ?? ++last;
    numbers.set(content, number);
    return number;
  };
  return (state) => {
    const key = files.map((file) => numberOf(state.get(file))).join();
    const found = read.get(key) ?? readAt(mkdtempSync(join(folder, 'journal-')), files, state, parse);
    read.set(key, found);
    return found;
  };
}

function readAt(
  folder: string,
  files: readonly string[],
  state: DiskState,
  parse: (text: string) => Item,
): ReadJournal {
  const items = new Map<string, Item>();
  try {
    for (const file of files) {
      const content = state.get(file);
      if (content instanceof Uint8Array) writeFileSync(join(folder, file.replace('data/', '')), content);
    }
    const database = new DatabaseSync(join(folder, 'journal.db'));
    try {
      // what comes of this copy is nobody's concern
      database.exec('PRAGMA synchronous = OFF');
      const check = database.prepare('PRAGMA integrity_check').get()?.integrity_check;
      const isMade = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'items'").get() !== undefined;
      for (const { id, item } of isMade ? database.prepare('SELECT id, item FROM items').all() : []) {
        if (items.has(String(id))) return { items, trouble: `item ${id} is there twice` };
        items.set(String(id), parse(String(item)));
      }
      return { items, trouble: check === 'ok' ? null : String(check) };
    } finally {
      database.close();
    }
  } catch (error) {
    return { items, trouble: String(error) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Most files are the same in most states. */
function once<Result>(work: (content: Uint8Array) => Result): (content: Uint8Array) => Result {
  const results = new WeakMap<Uint8Array, { readonly result: Result }>();
  return (content) => {
    const known = results.get(content) ?? { result: work(content) };
    results.set(content, known);
    return known.result;
  };
}

const digestOf = once((bytes) => createHash('sha256').update(bytes).digest('hex'));

const itemOf = once((content): Item | undefined => {
  try {
    return Item.parse(JSON.parse(Buffer.from(content).toString('utf8')));
  } catch {
    return undefined;
  }
});
