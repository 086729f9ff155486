/**
 * A disk that can lose its power: it holds what is durable, and what was asked for and is still on its way.
 *
 * It promises no more than POSIX does, which is less than ext4, XFS or Btrfs keep:
 * - What was written to a file is durable once a sync of *that file* has returned that began after the write had
 *   ended; its size goes with it, `fdatasync` is enough. Before that any page of 4 KiB may be there or not, each as it
 *   was at any moment since: the system writes pages back when and in what order it likes. A page itself is not torn.
 * - A name (a file or folder that was made, renamed or removed) is durable once the *folder it stands in* was synced.
 *   To sync the file does not do that, nor does to sync the folders below. A rename moves a name as one: its new folder
 *   decides. Names of one folder change in their order, those of different folders in any.
 * - What is on its way may also be there: a crash state is any choice of it.
 *
 * Nothing of the disk breaks: a sync that returned has happened, and no page that was not written to changes.
 */
import { type DiskEvent, folderOf, type Handle } from './disk-events.ts';
import { type Change, type Chooser, changed, randomChooser, torn } from './file-changes.ts';

/** What a folder of the machine holds after the power has come back: whole files and folders by path. */
export type DiskState = ReadonlyMap<string, Uint8Array | 'folder'>;

/** How much of what was on its way survives. */
export type Survival = 'nothing' | 'everything' | { readonly seed: number };

export interface CrashDisk {
  begin(event: DiskEvent): void;
  end(event: DiskEvent): void;
  /** What would be found if the power failed now. */
  stateAfter(survival: Survival): DiskState;
}

interface DiskFile {
  durable: Uint8Array;
  pending: { readonly change: Change; readonly event: DiskEvent }[];
  /** All of `durable` and `pending`, as long as neither changes. */
  newest: Uint8Array | undefined;
}

type Entry = DiskFile | 'folder';

interface NameChange {
  readonly event: DiskEvent;
  /** Whose sync makes it durable. */
  readonly folder: string;
  readonly sets: readonly (readonly [path: string, entry: Entry | null])[];
  isDurable: boolean;
}

/** A disk that holds these files and folders, durably. */
export function createCrashDisk(initial: DiskState): CrashDisk {
  const fileOf = (durable: Uint8Array): DiskFile => ({ durable, pending: [], newest: durable });
  const first = [...initial].map(([path, content]): [string, Entry] => [
    path,
    content === 'folder' ? content : fileOf(content),
  ]);
  /** What stood there before the first change that is not durable; the changes since, in their order. */
  let base: ReadonlyMap<string, Entry> = new Map(first);
  let changes: readonly NameChange[] = [];
  /** As running programs see it. */
  const seen = new Map<string, Entry>(first);
  const handles = new Map<Handle, { readonly path: string; readonly entry: Entry | undefined }>();
  const ended = new Set<DiskEvent>();
  /** What a sync under way will have made durable. */
  const syncing = new Map<DiskEvent, () => void>();

  const rename = (event: DiskEvent, folder: string, sets: NameChange['sets']): void => {
    changes = [...changes, { event, folder, sets, isDurable: false }];
    apply(seen, sets);
  };
  const change = (handle: Handle, event: DiskEvent, asked: Change): void => {
    const file = handles.get(handle)?.entry;
    if (file === undefined || file === 'folder') throw new Error('a file is changed that was not there to be opened');
    file.pending = [...file.pending, { change: asked, event }];
    file.newest = undefined;
  };
  const open = (event: DiskEvent & { readonly kind: 'open' }): void => {
    const { path, handle, flags } = event;
    if (!seen.has(path) && flags.has('O_CREAT')) {
      rename(event, folderOf(path), [[path, fileOf(new Uint8Array())]]);
    }
    handles.set(handle, { path, entry: seen.get(path) ?? (path === '' ? 'folder' : undefined) });
    if (flags.has('O_TRUNC') && !flags.has('O_EXCL')) change(handle, event, { kind: 'resize', size: 0 });
  };
  /** Promises what had ended when the sync began, once the sync has ended. */
  const sync = (event: DiskEvent & { readonly kind: 'sync' }): void => {
    const { path, entry } = handles.get(event.handle) ?? {};
    if (entry === undefined) throw new Error(`${path} is synced, which was not there to be opened`);
    if (entry === 'folder') {
      const named = changes.filter((one) => one.folder === path && ended.has(one.event));
      syncing.set(event, () => {
        for (const one of named) one.isDurable = true;
        settle();
      });
    } else {
      const written = entry.pending.filter((one) => ended.has(one.event));
      syncing.set(event, () => {
        entry.durable = changed(
          entry.durable,
          written.filter((one) => entry.pending.includes(one)).map((one) => one.change),
        );
        entry.pending = entry.pending.filter((one) => !written.includes(one));
        if (entry.pending.length === 0) entry.newest = entry.durable;
      });
    }
  };
  /** Forgets the changes that nothing stands before any more. */
  const settle = (): void => {
    const open = changes.findIndex(({ isDurable }) => !isDurable);
    const settled = changes.slice(0, open < 0 ? changes.length : open);
    const next = new Map(base);
    for (const { sets } of settled) apply(next, sets);
    base = next;
    changes = changes.slice(settled.length);
  };

  return {
    begin(event) {
      switch (event.kind) {
        case 'open':
          return open(event);
        case 'write':
          return change(event.handle, event, { kind: 'write', offset: event.offset, bytes: event.bytes });
        case 'resize':
          return change(event.handle, event, { kind: 'resize', size: event.size });
        case 'make-folder':
          return rename(event, folderOf(event.path), [[event.path, 'folder']]);
        case 'remove':
          return rename(event, folderOf(event.path), [[event.path, null]]);
        case 'rename': {
          const moved = seen.get(event.from);
          if (moved === undefined) throw new Error(`${event.from} is renamed, which is not there`);
          return rename(event, folderOf(event.to), [
            [event.from, null],
            [event.to, moved],
          ]);
        }
        case 'sync':
          return sync(event);
        case 'answer':
          return;
      }
    },
    end(event) {
      ended.add(event);
      syncing.get(event)?.();
      syncing.delete(event);
    },
    stateAfter(survival) {
      const choose = typeof survival === 'string' ? undefined : randomChooser(survival.seed);
      const names = new Map(base);
      for (const { sets } of survivingNames(changes, survival, choose)) apply(names, sets);
      const contents = ([path, entry]: [string, Entry]): [string, Uint8Array | 'folder'][] => {
        if (!isReached(path, names)) return [];
        if (entry === 'folder') return [[path, entry]];
        if (choose !== undefined && entry.pending.length > 0)
          return [
            [
              path,
              torn(
                entry.durable,
                entry.pending.map((one) => one.change),
                choose,
              ),
            ],
          ];
        if (survival === 'nothing') return [[path, entry.durable]];
        entry.newest ??= changed(
          entry.durable,
          entry.pending.map((one) => one.change),
        );
        return [[path, entry.newest]];
      };
      return new Map([...names].flatMap(contents));
    },
  };
}

function apply(names: Map<string, Entry>, sets: NameChange['sets']): void {
  for (const [path, entry] of sets) {
    if (entry === null) names.delete(path);
    else names.set(path, entry);
  }
}

/** A file in a folder whose own name is lost cannot be found. */
function isReached(path: string, names: ReadonlyMap<string, Entry>): boolean {
  for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
    if (names.get(folder) !== 'folder') return false;
  }
  return true;
}

function survivingNames(
  changes: readonly NameChange[],
  survival: Survival,
  choose: Chooser | undefined,
): readonly NameChange[] {
  if (survival === 'everything') return changes;
  /** How many of the changes on their way each folder still shows. */
  const left = new Map<string, number>();
  if (choose !== undefined) {
    for (const [folder, own] of Map.groupBy(
      changes.filter(({ isDurable }) => !isDurable),
      ({ folder }) => folder,
    )) {
      left.set(folder, choose(own.length));
    }
  }
  return changes.filter(({ isDurable, folder }) => {
    if (isDurable) return true;
    const more = left.get(folder) ?? 0;
    left.set(folder, more - 1);
    return more > 0;
  });
}
