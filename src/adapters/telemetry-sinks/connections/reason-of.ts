/** The sentence of an error; several addresses of one name that all fail have none of their own. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'no reason given';
  return error.message === '' ? code : error.message;
}
