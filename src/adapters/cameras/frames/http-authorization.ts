import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from './address.ts';

/** Makes the `Authorization` header of one request. */
export type Authorize = (method: string, path: string) => string;

/** Answers the challenge of a `WWW-Authenticate` header, Digest before Basic; null where neither is asked for. */
export function authorization(challenge: string, { user, password }: Credentials): Authorize | null {
  const digest = /\bdigest\s+(.*)/is.exec(challenge)?.[1];
  if (digest !== undefined) return digestOf(parametersOf(digest), user, password);
  if (!/\bbasic\b/i.test(challenge)) return null;
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return () => basic;
}

function parametersOf(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g);
  return new Map([...found].map(([, key = '', quoted, plain]) => [key.toLowerCase(), quoted ?? plain ?? '']));
}

/** RFC 7616 with `qop=auth`, and the older form without. */
function digestOf(asked: ReadonlyMap<string, string>, user: string, password: string): Authorize {
  const algorithm = asked.get('algorithm') ?? 'MD5';
  const hashName = algorithm.toUpperCase().startsWith('SHA-256') ? 'sha256' : 'md5';
  const hash = (...parts: readonly string[]): string => createHash(hashName).update(parts.join(':')).digest('hex');
  const realm = asked.get('realm') ?? '';
  const nonce = asked.get('nonce') ?? '';
  const isCounted = (asked.get('qop') ?? '').split(/\s*,\s*/).includes('auth');
  let count = 0;
  return (method, path) => {
    count += 1;
    const nc = count.toString(16).padStart(8, '0');
    const cnonce = randomBytes(8).toString('hex');
    const secret = hash(user, realm, password);
    const a1 = algorithm.toLowerCase().endsWith('-sess') ? hash(secret, nonce, cnonce) : secret;
    const a2 = hash(method, path);
    const response = isCounted ? hash(a1, nonce, nc, cnonce, 'auth', a2) : hash(a1, nonce, a2);
    const opaque = asked.get('opaque');
    return [
      `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${path}", response="${response}"`,
      ...(asked.has('algorithm') ? [`algorithm=${algorithm}`] : []),
      ...(isCounted ? [`qop=auth, nc=${nc}, cnonce="${cnonce}"`] : []),
      ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ].join(', ');
  };
}
