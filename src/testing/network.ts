/** The tenant as the things that carry requests to it see it. */
export interface Network {
  /** `https://<domain>`. */
  readonly origin: string;
  /** Answers one request; `Response.error()` stands for a broken connection. */
  readonly answer: (request: Request) => Promise<Response>;
}
