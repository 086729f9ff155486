import { describe, expect, it } from 'vitest';
import { bytesOf, descriptorOf, systemCalls } from './system-calls.ts';
import { quoted } from './trace.test-support.ts';

describe('the system calls of a trace', () => {
  it('have their arguments as written, split where no bracket is open', () => {
    const trace = [
      '12 openat(AT_FDCWD<\\x2f>, "\\x61\\x2c", O_RDWR|O_CREAT, 0644) = 21<\\x2f\\x61\\x2c>',
      '12 writev(5<\\x73>, [{iov_base="\\x61", iov_len=1}, {iov_base="\\x62", iov_len=1}], 2) = 2',
      '12 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 29</x>, 0) = 0x7f345ee23000',
      '12 sync()                          = 0',
    ].join('\n');
    expect(systemCalls(trace)).toEqual([
      {
        name: 'openat',
        args: ['AT_FDCWD<\\x2f>', '"\\x61\\x2c"', 'O_RDWR|O_CREAT', '0644'],
        result: 21,
        began: 0,
        ended: 0,
      },
      {
        name: 'writev',
        args: ['5<\\x73>', '[{iov_base="\\x61", iov_len=1}, {iov_base="\\x62", iov_len=1}]', '2'],
        result: 2,
        began: 1,
        ended: 1,
      },
      expect.objectContaining({ name: 'mmap', result: 0x7f345ee23000 }),
      { name: 'sync', args: [''], result: 0, began: 3, ended: 3 },
    ]);
  });

  it('that other threads interrupted are joined, and come in the order in which they ended', () => {
    const trace = [
      '12 fsync(28<\\x61> <unfinished ...>',
      '13 pwrite64(29<\\x62>, "\\x00\\xff", 2, 4096 <unfinished ...>',
      '14 close(30<\\x63>)                 = 0',
      '13 <... pwrite64 resumed>)         = 2',
      '12 <... fsync resumed>)            = 0',
      '13 openat(AT_FDCWD<\\x2f>, "\\x61",  <unfinished ...>',
      '13 <... openat resumed>O_RDONLY)   = 7<\\x61>',
    ].join('\n');
    expect(systemCalls(trace).map(({ name, args, began, ended }) => [name, args.length, began, ended])).toEqual([
      ['close', 1, 2, 2],
      ['pwrite64', 4, 1, 3],
      ['fsync', 1, 0, 4],
      ['openat', 3, 5, 6],
    ]);
  });

  it.each([
    ['a call that failed', '12 mkdir("\\x61", 0777)             = -1 EEXIST (File exists)'],
    ['a call that the end of the process cut off', '12 fsync(28<\\x61> <unfinished ...>) = ?'],
    ['a call that never came back', '12 fsync(28<\\x61> <unfinished ...>'],
    ['a signal', '12 --- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=0} ---'],
    ['the end of a thread', '12 +++ exited with 0 +++'],
    ['an empty line', ''],
  ])('are not %s', (_what, line) => {
    expect(systemCalls(line)).toEqual([]);
  });

  it.each([
    ['a line that is no call', 'strace: Process 12 attached', 'line 1 of the trace is not understood'],
    ['the end of a call that was not begun', '12 <... fsync resumed>) = 0', 'resumes a call that was not begun'],
    [
      'the end of another call than was begun',
      '12 close(1 <unfinished ...>\n12 <... fsync resumed>) = 0',
      'line 2 resumes a call that was not begun',
    ],
  ])('are not guessed from %s', (_what, trace, sentence) => {
    expect(() => systemCalls(trace)).toThrow(sentence);
  });
});

describe('the bytes of an argument', () => {
  it.each([
    ['every byte there is', quoted(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))), 256],
    ['none', '""', 0],
    ['all pieces of one write', '[{iov_base="\\x61\\x62", iov_len=2}, {iov_base="\\x63", iov_len=1}]', 3],
    ['no string', '4096', 0],
  ])('are %s', (_what, arg, length) => {
    const bytes = bytesOf(arg);
    expect(bytes).toHaveLength(length);
    if (length === 256) expect([...bytes]).toEqual(Array.from({ length }, (_, byte) => byte));
  });

  it('are never only their beginning', () => {
    expect(() => bytesOf('"\\x61\\x62"...')).toThrow('only the beginning');
  });
});

describe('a descriptor', () => {
  it.each([
    ['21<\\x2f\\x61>', 21, '/a'],
    ['21<\\x2f\\x61>(deleted)', 21, '/a'],
    ['AT_FDCWD<\\x2f>', -100, '/'],
    ['4<\\x73\\x6f\\x63\\x6b\\x65\\x74\\x3a\\x5b\\x31\\x5d>', 4, 'socket:[1]'],
    ['7', 7, ''],
    ['-1', -1, ''],
    ['NULL', -1, ''],
  ])('%s is number %i and stands for %j', (arg, number, target) => {
    expect(descriptorOf(arg)).toEqual({ number, target });
  });
});
