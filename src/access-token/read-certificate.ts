/**
 * A client certificate as programs and proxies write it. Pure; imports nothing, for it is loaded only when a certificate
 * is passed.
 */

/** What a certificate is compared by: its bytes, or their SHA-256 in base64url where nothing else was passed. */
export type CertificateForm = { readonly der: Uint8Array<ArrayBuffer> } | { readonly thumbprint: string };

/** Of a text as well as of bytes; the certificates in use have a tenth of it. */
const MAX_LENGTH = 64 * 1024;

const BASE64URL_THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
/** As Envoy writes a digest, and with colons as node:tls and OpenSSL do. */
const HEX_THUMBPRINT = /^(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i;
/** One certificate and nothing around it (RFC 7468 §5.1); proxies write blanks and tabs in place of line ends. */
const PEM =
  /^[ \t\r\n]*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/= \t\r\n]+)-----END CERTIFICATE-----[ \t\r\n]*$/;

/** `undefined` for what is neither one certificate in PEM or DER, nor a SHA-256 thumbprint. */
export function readCertificate(value: unknown): CertificateForm | undefined {
  if (typeof value !== 'string') return fromBytes(value);
  if (value.length > MAX_LENGTH) return undefined;
  if (HEX_THUMBPRINT.test(value)) return { thumbprint: thumbprintFromHex(value) };
  if (BASE64URL_THUMBPRINT.test(value))
    return isCanonical(`${toBase64(value)}=`) ? { thumbprint: value } : undefined;
  return fromPem(value);
}

/** Not `instanceof`: test runners have a Uint8Array of their own. */
function fromBytes(value: unknown): CertificateForm | undefined {
  if (!ArrayBuffer.isView(value) || value.byteLength === 0 || value.byteLength > MAX_LENGTH) return undefined;
  // A copy: what becomes of the program's own bytes meanwhile changes nothing.
  const der = Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return isCertificate(der) ? { der } : undefined;
}

/** The text may be percent-encoded, as no header can hold line ends. */
function fromPem(text: string): CertificateForm | undefined {
  const [, body = ''] = PEM.exec(text.includes('%') ? percentDecoded(text) : text) ?? [];
  const digits = body.replace(/[ \t\r\n]+/g, '');
  if (!isCanonical(digits)) return undefined;
  const der = Uint8Array.from(atob(digits), (character) => character.charCodeAt(0));
  return isCertificate(der) ? { der } : undefined;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** `atob` forgives missing padding and bits left over; a text with one reading only has one spelling, too. */
function isCanonical(base64: string): boolean {
  try {
    return btoa(atob(base64)) === base64;
  } catch {
    return false;
  }
}

/**
 * Whether the bytes are framed as a certificate (RFC 5280 §4.1): one SEQUENCE, as long as it says, that begins with
 * another. It finds what was cut off, joined or mistaken for one. Whom the certificate names, and whether it may be
 * trusted, is for whoever ended the TLS connection.
 */
function isCertificate(der: Uint8Array): boolean {
  const sequence = 0x30;
  // No certificate is so short that a single byte tells its length.
  const lengthBytes = (der[1] ?? 0) - 0x80;
  if (der[0] !== sequence || lengthBytes < 1 || lengthBytes > 3) return false;
  const start = 2 + lengthBytes;
  const length = der.subarray(2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return start + length === der.byteLength && der[start] === sequence;
}

function thumbprintFromHex(text: string): string {
  const bytes = text
    .replaceAll(':', '')
    .replace(/../g, (code) => String.fromCharCode(Number.parseInt(code, 16)));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
}

function toBase64(base64url: string): string {
  return base64url.replaceAll('-', '+').replaceAll('_', '/');
}
