/**
 * Work that may outlive the request which began it.
 */
import { callQuietly } from './call-quietly.ts';

export type RunInBackground = (work: Promise<unknown>) => void;

/**
 * Observes the work, so that a failure is nobody's unhandled rejection, and hands it to the runtime's `waitUntil` where
 * there is one.
 */
export function createRunInBackground(
  waitUntil: ((promise: Promise<unknown>) => unknown) | undefined,
): RunInBackground {
  return (work) => {
    const observed = work.then(
      () => undefined,
      () => undefined,
    );
    if (waitUntil !== undefined) callQuietly(() => waitUntil(observed));
  };
}
