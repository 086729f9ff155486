/** Triggers that carry a key: the same key again, at the same moment or later, is the same item. */
export interface OncePerKey {
  /** The id of the key's item, or of the one that `start` begins. Who asks at the same moment shares one answer, also a refusal. */
  idOf(key: string, start: () => Promise<string>): Promise<string>;
}

export function createOncePerKey(idOfKey: (key: string) => Promise<string | undefined>): OncePerKey {
  /** Triggers that are being answered, by their key. */
  const answering = new Map<string, Promise<string>>();
  return {
    async idOf(key, start) {
      const shared = answering.get(key);
      if (shared !== undefined) return await shared;
      const answer = (async () => (await idOfKey(key)) ?? (await start()))().finally(() => answering.delete(key));
      answering.set(key, answer);
      return await answer;
    },
  };
}
