/**
 * Verifications and token requests, as `onEvent` is told of them. Only clients with a listener take this path.
 */
import { BaseAuthError } from './errors/index.ts';
import type { ApiClientEvent, Emit, ExchangeKind } from './events.ts';
import type { KnownIssuers } from './issuer/issuers.ts';
import { startStopwatch } from './platform/stopwatch.ts';

/** What each event of a failure says of it. */
type Failure = Pick<BaseAuthError, 'code' | 'reason' | 'statusCode'> & { readonly durationSeconds: number };

interface Outcomes {
  readonly done: (durationSeconds: number) => ApiClientEvent;
  readonly failed: (failure: Failure) => ApiClientEvent;
}

/**
 * @param verify the verification, which looks issuers up where it is told to: that is how the issuer is known
 */
export async function observeVerification<T>(
  emit: NonNullable<Emit>,
  issuers: KnownIssuers,
  verify: (issuers: KnownIssuers) => Promise<T>,
): Promise<T> {
  let issuer: string | undefined;
  const witness: KnownIssuers = {
    get: (allowed) => {
      issuer = allowed;
      return issuers.get(allowed);
    },
  };
  return await observe(emit, () => verify(witness), {
    done: (durationSeconds) => ({ type: 'token_verified', issuer: issuer ?? '', durationSeconds }),
    failed: (failure) => ({ type: 'token_rejected', issuer, ...failure }),
  });
}

export async function observeExchange<T>(
  emit: NonNullable<Emit>,
  about: { readonly exchange: ExchangeKind; readonly issuer: string | undefined },
  request: (onSource: (source: 'network' | 'cache') => void) => Promise<T>,
): Promise<T> {
  let source: 'network' | 'cache' = 'network';
  const run = () =>
    request((actual) => {
      source = actual;
    });
  return await observe(emit, run, {
    done: (durationSeconds) => ({ type: 'exchange_done', ...about, source, durationSeconds }),
    failed: (failure) => ({ type: 'exchange_failed', ...about, ...failure }),
  });
}

/** An error that is none of ours comes from the user's own code, which learns of it by itself. */
async function observe<T>(
  emit: NonNullable<Emit>,
  work: () => Promise<T>,
  { done, failed }: Outcomes,
): Promise<T> {
  const elapsedSeconds = startStopwatch();
  try {
    const result = await work();
    emit(done(elapsedSeconds()));
    return result;
  } catch (error) {
    if (error instanceof BaseAuthError) {
      const { code, reason, statusCode } = error;
      emit(failed({ code, reason, statusCode, durationSeconds: elapsedSeconds() }));
    }
    throw error;
  }
}
