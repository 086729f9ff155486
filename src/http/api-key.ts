import { hash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { AppError } from '../domain/errors.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only programs on this machine can reach a host: 127.0.0.0/8, ::1, localhost. No key is asked there. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(address);
  if (family === 0) return address.toLowerCase() === 'localhost';
  return loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Refuses to serve other machines without a key: throws `ADDRESS_UNAVAILABLE` when `host` is not a loopback address
 * (127.0.0.0/8, ::1, localhost) and there is no key.
 */
export function requireKeyOffLoopback(host: string, apiKey: string | null): void {
  if (isLoopback(host) || (apiKey !== null && apiKey.trim() !== '')) return;
  throw new AppError(
    'ADDRESS_UNAVAILABLE',
    `other machines can reach host "${host}": set EDGE_API_KEY, or serve on 127.0.0.1`,
    { details: { host } },
  );
}

/** Whether an `Authorization` header carries the key; takes the same time whatever differs. */
export function keyCheck(apiKey: string): (authorization: string | undefined) => boolean {
  const isKey = comparison(apiKey);
  return (authorization) => isKey(/^bearer +(.*)$/i.exec(authorization ?? '')?.[1]);
}

/** The same for callers that can only send what stands in an address: the key may also be the password, whoever the user is. */
export function keyOrPasswordCheck(apiKey: string): (authorization: string | undefined) => boolean {
  const isKey = comparison(apiKey);
  const hasKey = keyCheck(apiKey);
  return (authorization) => {
    const encoded = /^basic +(.*)$/i.exec(authorization ?? '')?.[1];
    if (encoded === undefined) return hasKey(authorization);
    return isKey(/^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8'))?.[1]);
  };
}

function comparison(apiKey: string): (sent: string | undefined) => boolean {
  const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer');
  const expected = digestOf(apiKey);
  return (sent) => sent !== undefined && timingSafeEqual(digestOf(sent), expected);
}
