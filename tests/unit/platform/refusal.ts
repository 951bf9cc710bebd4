import { BaseAuthError } from '../../../src/errors/index.ts';

/** What an error says to programs: its class, and the three words of the contract. */
export interface Refusal {
  readonly type: unknown;
  readonly code: string;
  readonly reason: string;
  readonly statusCode: number;
}

/** Any other error is a failure of the test. */
export function refusalIn(error: unknown): Refusal {
  if (!(error instanceof BaseAuthError)) throw error;
  const { code, reason, statusCode } = error;
  return { type: error.constructor, code, reason, statusCode };
}

export function refusalBy(action: () => unknown): Refusal {
  return refusalIn(thrownBy(action));
}

export async function refusalOf(promise: Promise<unknown>): Promise<Refusal> {
  return refusalIn(await rejectionOf(promise));
}

export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}

export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}

/** The evidence an error holds for the operator. */
export function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
