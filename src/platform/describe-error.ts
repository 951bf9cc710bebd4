/** Longer messages are cut: they may repeat what they are about. */
const MOST_CHARACTERS = 200;
const MOST_CAUSES = 5;

/**
 * An error in one line for an operator: its name, its message, and the code of the system error behind it. Only
 * printable ASCII, so that no log is forged by it.
 */
export function describeError(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : `a thrown ${typeof error}`;
    const code = systemCodeOf(error);
    // An address may come with a password.
    const short = text
      .slice(0, 10 * MOST_CHARACTERS)
      .replace(/[^\x20-\x7e]+/g, ' ')
      .replace(/\/\/[^/@ ]{0,400}@/g, '//')
      .slice(0, MOST_CHARACTERS);
    return code === undefined || short.includes(code) ? short : `${short} (${code})`;
  } catch {
    return 'an error that cannot be read';
  }
}

/** Such as `ECONNREFUSED`, out of the chain of causes. */
function systemCodeOf(error: unknown): string | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < MOST_CAUSES; depth += 1) {
    if (typeof current !== 'object' || current === null) return undefined;
    if ('code' in current && typeof current.code === 'string' && /^[A-Z][A-Z0-9_]{2,39}$/.test(current.code))
      return current.code;
    current = 'cause' in current ? current.cause : undefined;
  }
  return undefined;
}
