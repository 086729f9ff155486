import { z } from 'zod';

/** User and password of an address, decoded. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const CREDENTIALS = /\/\/[^/?#\s]*@/g;
const VARIABLE = /\$\{\w+\}/;

/** The schema of an address with one of these schemes. As written it may have a `"${NAME}"` anywhere. */
export function addressOf(schemes: readonly string[], description: string): z.ZodType<string, string> {
  const expected = `expected an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  const isOne = (text: string): boolean =>
    VARIABLE.test(text) || (URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)));
  return z.string().refine(isOne, { error: expected }).meta({ description });
}

/** An address as people may see it: without user and password. */
export function shownAddress(written: string): string {
  return written.replaceAll(CREDENTIALS, '//');
}

/** The address to ask, and who asks; null without a user. */
export function splitAddress(address: string): { readonly url: string; readonly credentials: Credentials | null } {
  const url = new URL(address);
  const { username, password } = url;
  if (username === '' && password === '') return { url: url.href, credentials: null };
  url.username = '';
  url.password = '';
  return { url: url.href, credentials: { user: decoded(username), password: decoded(password) } };
}

/** Takes an address and its secrets out of a text that another program wrote. */
export function redactor(address: string, shown: string): (text: string) => string {
  const { credentials } = splitAddress(address);
  const password = credentials?.password ?? '';
  // what is shorter stands in any text by chance
  const secrets = password.length < 3 ? [] : [password, encodeURIComponent(password)];
  return (text) => {
    let result = text.replaceAll(address, shown).replaceAll(CREDENTIALS, '//');
    for (const secret of secrets) result = result.replaceAll(secret, '…');
    return result;
  };
}

/** What is no valid escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
