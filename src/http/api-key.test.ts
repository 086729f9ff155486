import { describe, expect, it } from 'vitest';
import { keyCheck, requireKeyOffLoopback } from './api-key.ts';

describe('serving other machines', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '[::1]', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST'])(
    'needs no key on %s, which is this machine',
    (host) => {
      expect(() => requireKeyOffLoopback(host, null)).not.toThrow();
    },
  );

  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.20',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    'station.local',
    'localhost.example',
    '127.1',
    '',
  ])('is refused on "%s" without a key', (host) => {
    expect(() => requireKeyOffLoopback(host, null)).toThrow(/EDGE_API_KEY/);
    expect(() => requireKeyOffLoopback(host, ' ')).toThrow(/EDGE_API_KEY/);
    expect(() => requireKeyOffLoopback(host, 'secret')).not.toThrow();
  });
});

describe('the key of the station', () => {
  const hasKey = keyCheck('se cret=');

  it.each(['Bearer se cret=', 'bearer se cret=', 'BEARER  se cret='])('is carried by "%s"', (authorization) => {
    expect(hasKey(authorization)).toBe(true);
  });

  it.each([undefined, '', 'se cret=', 'Bearer', 'Bearer ', 'Bearer se cret', 'Bearer se cret==', 'Basic se cret='])(
    'is not carried by "%s"',
    (authorization) => {
      expect(hasKey(authorization)).toBe(false);
    },
  );
});
