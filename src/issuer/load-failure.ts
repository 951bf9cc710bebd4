/** Why a load failed. The cause is for the operator. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure';
  /** The server took the document away on purpose, as far as one can tell: 404, 410, an empty key set. */
  readonly withdrawn: boolean;
  /** The server's `Retry-After`. */
  readonly retryAfterSeconds: number;

  constructor(
    message: string,
    details: { cause?: unknown; withdrawn?: boolean; retryAfterSeconds?: number } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.withdrawn = details.withdrawn ?? false;
    this.retryAfterSeconds = details.retryAfterSeconds ?? 0;
  }
}
