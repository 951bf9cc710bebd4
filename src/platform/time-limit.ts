/** The time for something outside this process ran out. */
export class TimeLimitExceeded extends Error {
  override readonly name = 'TimeLimitExceeded';
}

export interface TimeLimitOptions {
  /** Whether the process should end although the time is not up: nobody waits for the work; `false` by default. */
  readonly isBackground?: boolean | undefined;
}

/**
 * The outcome of work, or {@link TimeLimitExceeded} when it takes too long. The work itself goes on; what it does later
 * is ignored.
 */
export async function withTimeLimit<T>(
  work: Promise<T>,
  seconds: number,
  { isBackground = false }: TimeLimitOptions = {},
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TimeLimitExceeded(`no answer within ${seconds} s`));
    }, seconds * 1000);
    if (isBackground) letProcessEnd(timer);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** A pause in work that nobody may be waiting for. */
export function pauseInBackground(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    letProcessEnd(setTimeout(resolve, milliseconds));
  });
}

/** Node and Bun let a timer be told not to keep the process alive; elsewhere it is a number, or keeps nothing alive. */
function letProcessEnd(timer: { unref?: () => unknown } | number): void {
  if (typeof timer === 'object') timer.unref?.();
}
