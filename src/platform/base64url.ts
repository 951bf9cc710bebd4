/** Bytes as base64url without padding (RFC 4648 §5). For short values: each byte becomes an argument of one call. */
export function encodeBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
