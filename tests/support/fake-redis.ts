/** As much of Redis as the store asks for, except for walks and for time. */
export function createFakeRedis(): { sendCommand: (command: readonly string[]) => Promise<unknown> } {
  const kept = new Map<string, string>();
  const run = ([name, key = '', value = '', ...flags]: readonly string[]): unknown => {
    if (name === 'GET') return kept.get(key) ?? null;
    if (name === 'DEL') return Number(kept.delete(key));
    if (name !== 'SET') throw new Error(`ERR unknown command '${name ?? ''}'`);
    if (flags.includes('NX') && kept.has(key)) return null;
    kept.set(key, value);
    return 'OK';
  };
  return { sendCommand: async (command) => await Promise.resolve(run(command)) };
}
