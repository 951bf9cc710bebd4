/**
 * Access tokens that are bound to a client certificate (RFC 8705 §3).
 */
import { sha256 } from '#signature';
import type { AccessTokenClaims } from '../claims.ts';
import { ConfigurationError, VerifyAccessTokenError } from '../errors/index.ts';
import { isJsonObject, ownMember } from '../jws/json.ts';
import { equalInConstantTime } from '../platform/constant-time.ts';
import { excerpt } from '../platform/excerpt.ts';

/**
 * PEM, also percent-encoded as proxies put it into a header; DER; or the SHA-256 thumbprint, in base64url or in
 * hexadecimal digits.
 */
export type ClientCertificate = string | Uint8Array;

interface CertificateHolder {
  readonly clientCertificate?: ClientCertificate | undefined;
}

const MEMBER = 'cnf.x5t#S256';

/** The certificate of a call, of the two places where it may stand. @throws ConfigurationError when it is in both */
export function certificateOf(
  request: CertificateHolder,
  checks: CertificateHolder,
): ClientCertificate | undefined {
  const presented = presentIn(request);
  const checked = presentIn(checks);
  if (presented === undefined || checked === undefined) return presented ?? checked;
  throw new ConfigurationError('`clientCertificate` belongs to the request or to the checks, not to both.');
}

/** An empty text is what a proxy writes that has no certificate to report. */
function presentIn({ clientCertificate }: CertificateHolder): ClientCertificate | undefined {
  return clientCertificate === '' ? undefined : (clientCertificate ?? undefined);
}

/**
 * Holds the certificate of a connection against the one that the token names.
 *
 * @param certificate as {@link certificateOf} found it
 * @param isRequired whether tokens without a binding, and calls without a certificate, are refused
 * @returns `undefined` where there is nothing to compare, so that nobody waits for it
 * @throws VerifyAccessTokenError `certificate_binding_missing`, `certificate_binding_mismatch`,
 *   `client_certificate_missing`, `client_certificate_invalid`; `claim_invalid` for a malformed member of `cnf`
 */
export function checkCertificateBinding(
  claims: AccessTokenClaims,
  certificate: ClientCertificate | undefined,
  isRequired: boolean,
): Promise<void> | undefined {
  // Without either, it is a member of `cnf` like any other, and nobody knows what it should be.
  return certificate === undefined && !isRequired ? undefined : compare(claims, certificate, isRequired);
}

async function compare(
  claims: AccessTokenClaims,
  certificate: ClientCertificate | undefined,
  isRequired: boolean,
): Promise<void> {
  const bound = boundCertificateOf(claims);
  if (isRequired && bound === undefined) {
    throw new VerifyAccessTokenError('certificate_binding_missing', { cause: { name: MEMBER } });
  }
  if (certificate === undefined) throw new VerifyAccessTokenError('client_certificate_missing');
  const thumbprint = await thumbprintOf(certificate);
  if (bound !== undefined && !equalInConstantTime(thumbprint, bound)) {
    throw new VerifyAccessTokenError('certificate_binding_mismatch', {
      cause: { name: MEMBER, expected: excerpt(bound), actual: thumbprint },
    });
  }
}

/** The thumbprint that a token is bound to; `undefined` when it is bound to no certificate. */
function boundCertificateOf({ cnf }: AccessTokenClaims): string | undefined {
  if (!isJsonObject(cnf) || !Object.hasOwn(cnf, 'x5t#S256')) return undefined;
  const bound = ownMember(cnf, 'x5t#S256');
  if (typeof bound === 'string' && bound !== '') return bound;
  throw new VerifyAccessTokenError('claim_invalid', {
    cause: { name: MEMBER, expected: 'a string that is not empty' },
  });
}

async function thumbprintOf(certificate: ClientCertificate): Promise<string> {
  // Most APIs see no certificate. What reads one is loaded by those that do.
  const { readCertificate } = await import('./read-certificate.ts');
  const form = readCertificate(certificate);
  if (form === undefined) {
    throw new VerifyAccessTokenError('client_certificate_invalid', {
      cause: {
        name: 'clientCertificate',
        expected: 'one certificate in PEM or DER, or its SHA-256 thumbprint',
      },
    });
  }
  return 'der' in form ? await sha256(form.der) : form.thumbprint;
}
