import { describe, expect, it } from 'vitest';
import { type DiskEvent, diskMoments, folderOf } from './disk-events.ts';
import { systemCalls } from './system-calls.ts';
import { line } from './trace.test-support.ts';

const moments = (...lines: readonly string[]) => diskMoments(systemCalls(lines.join('\n')), '/root');
const events = (...lines: readonly string[]): readonly DiskEvent[] =>
  moments(...lines)
    .filter(({ phase }) => phase === 'begin')
    .map(({ event }) => event);

describe('the events of a disk', () => {
  it('are what the calls did below the root', () => {
    expect(
      events(
        line.makeFolder('/root/data/a'),
        line.open(3, '/root/data/a/f', 'O_WRONLY|O_CREAT|O_EXCL'),
        line.write(3, '/root/data/a/f', 'one'),
        line.write(3, '/root/data/a/f', 'two'),
        line.writeAt(3, '/root/data/a/f', 'at', 9),
        line.sync(3, '/root/data/a/f'),
        line.rename('/root/data/a/f', '/root/data/a/g'),
        line.remove('/root/data/a/g'),
      ),
    ).toEqual([
      { kind: 'make-folder', path: 'data/a' },
      expect.objectContaining({ kind: 'open', path: 'data/a/f' }),
      { kind: 'write', handle: 1, offset: 0, bytes: Buffer.from('one') },
      { kind: 'write', handle: 1, offset: 3, bytes: Buffer.from('two') },
      { kind: 'write', handle: 1, offset: 9, bytes: Buffer.from('at') },
      { kind: 'sync', handle: 1, path: 'data/a/f' },
      { kind: 'rename', from: 'data/a/f', to: 'data/a/g' },
      { kind: 'remove', path: 'data/a/g' },
    ]);
  });

  it('are those of the file that a descriptor stands for at that moment', () => {
    const seen = events(
      line.open(3, '/root/a', 'O_RDWR|O_CREAT'),
      line.open(3, '/elsewhere'),
      line.write(3, '/elsewhere', 'not ours'),
      line.open(3, '/root/b', 'O_RDWR|O_CREAT'),
      line.open(4, '/root/c', 'O_RDWR|O_CREAT'),
      line.write(4, '/root/c', 'c'),
      line.write(3, '/root/b', 'b'),
      // a number that was closed, and is a socket's now
      line.write(4, 'socket:[1]', 'not ours'),
    );
    expect(seen.map((event) => ('handle' in event ? `${event.kind} ${event.handle}` : event.kind))).toEqual([
      'open 0',
      'open 3',
      'open 4',
      'write 4',
      'write 3',
    ]);
  });

  it('hold only the bytes that were taken', () => {
    const written = line.write(3, '/root/a', 'abcdef').replace(/= 6$/, '= 4');
    expect(events(line.open(3, '/root/a', 'O_RDWR|O_CREAT'), written)[1]).toMatchObject({ bytes: Buffer.from('abcd') });
  });

  it('begin and end where their calls do', () => {
    const trace = moments(
      line.open(3, '/root/a', 'O_RDWR|O_CREAT'),
      '1 fsync(3<\\x2f\\x72\\x6f\\x6f\\x74\\x2f\\x61> <unfinished ...>',
      line.answer('item').replace(/^1/, '2'),
      '1 <... fsync resumed>) = 0',
    );
    expect(trace.map(({ event, phase, line: at }) => `${at} ${phase} ${event.kind}`)).toEqual([
      '0 begin open',
      '0 end open',
      '1 begin sync',
      '2 begin answer',
      '2 end answer',
      '3 end sync',
    ]);
  });

  it('are no reads, nothing outside of the root, no memory that SQLite shares, and no answer without an item', () => {
    expect(
      events(
        line.makeFolder('/rooted'),
        line.rename('/tmp/a', '/tmp/b'),
        line.open(3, '/root/data/journal.db-shm', 'O_RDWR|O_CREAT'),
        line.writeAt(3, '/root/data/journal.db-shm', 'x', 0),
        '1 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 3<\\x2f\\x72\\x6f\\x6f\\x74\\x2f\\x64\\x2e\\x64\\x62\\x2d\\x73\\x68\\x6d>, 0) = 0x7f00',
        line.answer('item').replace('\\x32\\x30\\x30', '\\x35\\x30\\x33'),
      ),
    ).toEqual([]);
  });

  it.each([
    ['a copy within the system', '1 sendfile(3<\\x2f\\x72\\x6f\\x6f\\x74\\x2f\\x61>, 4<\\x2f\\x62>, NULL, 9) = 9'],
    ['a hard link', '1 link("\\x2f\\x72\\x6f\\x6f\\x74\\x2f\\x61", "\\x2f\\x72\\x6f\\x6f\\x74\\x2f\\x62") = 0'],
    [
      'a file that is written through memory',
      '1 mmap(NULL, 9, PROT_READ|PROT_WRITE, MAP_SHARED, 3<\\x2f\\x72\\x6f\\x6f\\x74\\x2f\\x61>, 0) = 0x7f00',
    ],
    ['a file that moves out of the root', line.rename('/root/a', '/tmp/a')],
    ['a file that was opened unseen', line.write(3, '/root/a', 'a')],
    ['a file that is appended to', line.open(3, '/root/a', 'O_WRONLY|O_APPEND')],
  ])('are never silent about %s', (_what, text) => {
    expect(() => events(text)).toThrow(/does not know|border|does not show/);
  });
});

it.each([
  ['a', ''],
  ['a/b', 'a'],
  ['a/b/c', 'a/b'],
])('the folder of %j is %j', (path, folder) => {
  expect(folderOf(path)).toBe(folder);
});
