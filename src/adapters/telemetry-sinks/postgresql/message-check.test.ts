import { describe, expect, it } from 'vitest';
import { createMessageCheck } from './message-check.ts';

/** A message of the protocol: a letter, the length of what follows, and that. */
function message(letter: string, content: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + content.length);
  return Buffer.concat([Buffer.from(letter), length, Buffer.from(content, 'latin1')]);
}

const SOUND = Buffer.concat([
  message('R', '\0\0\0\0'),
  message('N', 'SNOTICE\0Mhello\0\0'),
  message('1', ''),
  message('D', '\0\x01\0\0\0\x02ok'),
  message('E', 'SERROR\0C23505\0Mtwice\0\0'),
  message('E', '\0'),
  message('Z', 'I'),
]);

describe('what a PostgreSQL server sends', () => {
  it.each([1, 2, 3, 7, SOUND.length])('is let through where it is sound, in chunks of %i bytes', (size) => {
    const check = createMessageCheck();
    for (let at = 0; at < SOUND.length; at += size) check(SOUND.subarray(at, at + size));
  });

  it.each([
    ['an error without an end', message('E', 'SERROR\0')],
    ['an error that ends inside a text', message('E', 'SERR')],
    ['an error of no bytes', message('E', '')],
    ['a notice without an end', message('N', 'SNOTICE\0Mhello\0')],
    ['a message of no length', Buffer.from([0x5a, 0, 0, 0, 0])],
  ])('is stopped at %s, in one chunk or many', (_, bad) => {
    expect(() => createMessageCheck()(Buffer.concat([SOUND, bad, SOUND]))).toThrow(/^it sent /);
    const check = createMessageCheck();
    expect(() => {
      for (const byte of Buffer.concat([SOUND, bad])) check(Uint8Array.of(byte));
    }).toThrow(/^it sent /);
  });
});
