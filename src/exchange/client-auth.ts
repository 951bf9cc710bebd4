/** How this client shows the token endpoint who it is. */

/**
 * The value of the `Authorization` header for a client with a secret (RFC 6749 §2.3.1). Both parts are form-encoded
 * before they are joined, so that a colon or a letter outside ASCII cannot be misread.
 */
export function basicAuthorization(clientId: string, clientSecret: string): string {
  // Form-encoded text is ASCII, which is all that `btoa` can take.
  return `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`;
}

/** One value as `application/x-www-form-urlencoded` writes it. */
export function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}
