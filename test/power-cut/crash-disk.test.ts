import { describe, expect, it } from 'vitest';
import { createCrashDisk, type DiskState, type Survival } from './crash-disk.ts';
import type { DiskEvent } from './disk-events.ts';

const PAGE = 4096;
const CREATE: ReadonlySet<string> = new Set(['O_RDWR', 'O_CREAT', 'O_EXCL']);
const READ: ReadonlySet<string> = new Set(['O_RDONLY']);

const open = (path: string, handle: number, flags = CREATE): DiskEvent => ({ kind: 'open', path, handle, flags });
const write = (handle: number, text: string, offset = 0): DiskEvent => ({
  kind: 'write',
  handle,
  offset,
  bytes: Buffer.from(text),
});
const sync = (handle: number): DiskEvent => ({ kind: 'sync', handle, path: '' });
const makeFolder = (path: string): DiskEvent => ({ kind: 'make-folder', path });
const rename = (from: string, to: string): DiskEvent => ({ kind: 'rename', from, to });
const remove = (path: string): DiskEvent => ({ kind: 'remove', path });

function diskAfter(initial: DiskState, events: readonly DiskEvent[]) {
  const disk = createCrashDisk(initial);
  for (const event of events) {
    disk.begin(event);
    disk.end(event);
  }
  return disk;
}

/** A state in one line, such as `a=text b/`. */
function textOf(state: DiskState): string {
  const entries = [...state].map(([path, content]) =>
    content === 'folder' ? `${path}/` : `${path}=${Buffer.from(content).toString().replaceAll('\0', '')}`,
  );
  return entries.sort().join(' ');
}

/** All that may be found, by trying many choices. */
function possible(initial: DiskState, events: readonly DiskEvent[]): readonly string[] {
  const disk = diskAfter(initial, events);
  const survivals: readonly Survival[] = [
    'nothing',
    'everything',
    ...Array.from({ length: 500 }, (_, seed) => ({ seed })),
  ];
  return [...new Set(survivals.map((survival) => textOf(disk.stateAfter(survival))))].sort();
}

const old: DiskState = new Map([['a', Buffer.from('old')]]);
const none: DiskState = new Map();
/** Two pages, of which only the first and last letters show. */
const long = (letter: string): string => letter + '\0'.repeat(PAGE - 1) + letter;

describe('after a power cut there may be', () => {
  it.each<[string, DiskState, readonly DiskEvent[], readonly string[]]>([
    ['what was there before', old, [], ['a=old']],
    ['no file, or half of it, where nothing was synced', none, [open('a', 1), write(1, 'new')], ['', 'a=', 'a=new']],
    [
      'no file where only its content was synced, and not its name',
      none,
      [open('a', 1), write(1, 'new'), sync(1)],
      ['', 'a=new'],
    ],
    [
      'a name without content where only the folder was synced',
      none,
      [open('a', 1), write(1, 'new'), open('', 2, READ), sync(2)],
      ['a=', 'a=new'],
    ],
    [
      'nothing but the file where both were synced',
      none,
      [open('a', 1), write(1, 'new'), sync(1), open('', 2, READ), sync(2)],
      ['a=new'],
    ],
    [
      'either content where a file was replaced and its folder not synced',
      old,
      [open('half', 1), write(1, 'new'), sync(1), rename('half', 'a')],
      ['a=new', 'a=old', 'a=old half=new'],
    ],
    [
      'the new content alone once the folder was synced',
      old,
      [open('half', 1), write(1, 'new'), sync(1), rename('half', 'a'), open('', 2, READ), sync(2)],
      ['a=new'],
    ],
    [
      'an empty file in its place where the new content was not synced',
      old,
      [open('half', 1), write(1, 'new'), rename('half', 'a'), open('', 2, READ), sync(2)],
      ['a=', 'a=new'],
    ],
    [
      'nothing of a folder whose own name was not synced',
      none,
      [makeFolder('d'), open('d/a', 1), write(1, 'new'), sync(1), open('d', 2, READ), sync(2)],
      ['', 'd/ d/a=new'],
    ],
    [
      'a file in the folder that it was moved from until the one that it was moved to is synced',
      new Map([...old, ['d', 'folder' as const]]),
      [rename('a', 'd/a'), open('', 1, READ), sync(1)],
      ['a=old d/', 'd/ d/a=old'],
    ],
    ['a file that was removed, until its folder is synced', old, [remove('a')], ['', 'a=old']],
    ['nothing of a file whose removal was synced', old, [remove('a'), open('', 1, READ), sync(1)], ['']],
    [
      'names of one folder only in the order in which they came',
      none,
      [open('a', 1), open('b', 2)],
      ['', 'a=', 'a= b='],
    ],
    [
      'each page of a file as it was at another moment',
      new Map([['a', Buffer.from(long('0'))]]),
      [open('a', 1, READ), write(1, long('1')), write(1, long('2'))],
      ['a=00', 'a=01', 'a=02', 'a=10', 'a=11', 'a=12', 'a=20', 'a=21', 'a=22'],
    ],
    [
      'a file that was cut, or not yet',
      new Map([['a', Buffer.from('long')]]),
      [open('a', 1, READ), { kind: 'resize', handle: 1, size: 2 }],
      ['a=lo', 'a=long'],
    ],
    [
      'nothing that was written before a file was emptied and synced',
      old,
      [open('a', 1, new Set(['O_WRONLY', 'O_TRUNC'])), write(1, 'n'), sync(1)],
      ['a=n'],
    ],
  ])('%s', (_what, initial, events, states) => {
    expect(possible(initial, events)).toEqual([...states].sort());
  });

  it('anything that was written while the sync was under way, since that is not promised', () => {
    const disk = diskAfter(old, [open('a', 1, READ)]);
    const syncing = sync(1);
    const late = write(1, 'new');
    disk.begin(syncing);
    disk.begin(late);
    disk.end(late);
    disk.end(syncing);
    expect(textOf(disk.stateAfter('nothing'))).toBe('a=old');
  });

  it('what was written before a sync that has not returned, and may be lost', () => {
    const disk = diskAfter(old, [open('a', 1, READ), write(1, 'new')]);
    const syncing = sync(1);
    disk.begin(syncing);
    expect(['nothing', 'everything'].map((kept) => textOf(disk.stateAfter(kept as Survival)))).toEqual([
      'a=old',
      'a=new',
    ]);
    disk.end(syncing);
    expect(textOf(disk.stateAfter('nothing'))).toBe('a=new');
  });

  it('the same again for the same seed', () => {
    const events = Array.from({ length: 20 }, (_, index) => open(`f${index}`, index));
    const once = diskAfter(none, events).stateAfter({ seed: 7 });
    expect(textOf(diskAfter(none, events).stateAfter({ seed: 7 }))).toBe(textOf(once));
  });
});

it('the disk says so when a trace does not fit', () => {
  expect(() => diskAfter(none, [rename('a', 'b')])).toThrow('a is renamed, which is not there');
  expect(() => diskAfter(none, [write(1, 'x')])).toThrow('not there to be opened');
  expect(() => diskAfter(none, [sync(1)])).toThrow('not there to be opened');
});
