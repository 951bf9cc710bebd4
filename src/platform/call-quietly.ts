/**
 * Calls a function of the user's whose failure must harm nothing: what it throws, or rejects with, is dropped.
 */
export function callQuietly(call: () => unknown): void {
  try {
    const outcome = call();
    if (outcome !== undefined) Promise.resolve(outcome).catch(() => undefined);
  } catch {
    // Dropped on purpose.
  }
}
