import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ApiClientOptions, BaseAuthError, DecryptionKeyInput, ErrorReason } from '../../src/index.ts';
import { rejectionOf } from '../support/assert-rejects.ts';
import { createCertificate } from '../support/certificate.ts';
import { replaceParts } from '../support/crafted-issuer.ts';
import { ecKeys, rsaKeys } from '../support/encryption.ts';
import { API_URL, bearerRequest, createBoundRequest, dpopRequest, setUp } from '../support/scenario.ts';

const NONCE_SECRET = 'nonce-secret-that-must-not-be-seen-anywhere';
const CLIENT_SECRET = 'client-secret-that-must-not-be-seen-anywhere';
const PRIVATE_KEYS = ecKeys();
const PRIVATE_MEMBER = PRIVATE_KEYS.privateJwk.d;

const { tenant, createClient, clock } = setUp({
  client: { clientSecret: CLIENT_SECRET, dpop: { nonce: { secret: NONCE_SECRET } } },
});
const key = tenant.createDpopKey();

interface Rejection {
  readonly error: BaseAuthError;
  /** What the request carried. */
  readonly carried: readonly string[];
}

/** A rejection of a request in headers. */
async function rejectedRequest(
  headers: Record<string, string | string[]>,
  options: Partial<ApiClientOptions> = {},
): Promise<Rejection> {
  const request = { headers, httpMethod: 'GET', httpUrl: `${API_URL}?code=query-that-must-not-be-seen` };
  const error = await rejectionOf(createClient(options).verifyRequest(request));
  const carried = Object.values(headers)
    .flat()
    .flatMap((value) => value.replace(/^(bearer|dpop|basic) /i, '').split(/[.,\s]+/));
  return { error, carried };
}

const bearer = (accessToken: string, options: Partial<ApiClientOptions> = {}, dpop?: string) =>
  rejectedRequest(
    { authorization: `Bearer ${accessToken}`, ...(dpop === undefined ? {} : { dpop }) },
    options,
  );
const issue = (given: Parameters<typeof tenant.issueAccessToken>[0] = {}) => tenant.issueAccessToken(given);
const withProof = async (
  proof: Parameters<typeof createBoundRequest>[1],
  options: Partial<ApiClientOptions> = {},
) => {
  const made = await createBoundRequest(tenant, { key, ...proof });
  return rejectedRequest({ authorization: `DPoP ${made.accessToken}`, dpop: made.proof }, options);
};
/** An encrypted token, to a client whose key is another unless one is given. */
const encrypted = async (
  encryptFor: NonNullable<Parameters<typeof tenant.issueAccessToken>[0]>['encryptFor'],
  key: DecryptionKeyInput = PRIVATE_KEYS.privateJwk,
) => {
  const accessToken = await issue({ encryptFor });
  const [header = '', ...parts] = accessToken.split('.');
  // The content of another token, so that it does not decrypt.
  const [, , ...others] = (await issue({ encryptFor })).split('.');
  return bearer([header, parts[0], ...others].join('.'), { decryptionKeys: [key] });
};
const noNonce = { dpop: { replayStore: { add: () => Promise.reject(new Error('down')) } } };

const rejections: [reason: ErrorReason, reject: () => Promise<Rejection>][] = [
  ['opaque_token', () => bearer('an-opaque-token-that-must-not-be-seen')],
  ['encrypted_token', () => bearer('encrypted-1.encrypted-2.encrypted-3.encrypted-4.encrypted-5')],
  ['decryption_failed', () => encrypted(PRIVATE_KEYS.publicJwk)],
  ['unknown_encryption_key', () => encrypted(rsaKeys().publicJwk)],
  ['invalid_option', () => encrypted(PRIVATE_KEYS.publicJwk, { ...PRIVATE_KEYS.privateJwk, use: 'sig' })],
  [
    'id_token_nonce_mismatch',
    async () => {
      const idToken = await tenant.issueIdToken({ nonce: 'nonce-in-token-that-must-not-be-seen' });
      const nonce = 'nonce-of-call-that-must-not-be-seen';
      const verification = createClient().verifyIdToken({ idToken, nonce, algorithm: 'ES256' });
      return { error: await rejectionOf(verification), carried: idToken.split('.') };
    },
  ],
  [
    'signature_invalid',
    async () => {
      const idToken = await tenant.issueIdToken({ clientSecret: 'another-secret-that-must-not-be-seen' });
      const verification = createClient().verifyIdToken({ idToken, algorithm: 'HS256' });
      return { error: await rejectionOf(verification), carried: idToken.split('.') };
    },
  ],
  ['token_too_large', () => bearer(`large-token-${'x'.repeat(20_000)}`)],
  [
    'multiple_credentials',
    () => rejectedRequest({ authorization: ['Bearer first-token', 'Bearer second-token'] }),
  ],
  [
    'multiple_credentials',
    () => rejectedRequest({ authorization: 'Bearer first-token, Bearer second-token' }),
  ],
  ['malformed_token', () => bearer('first-half second-half')],
  ['malformed_token', () => bearer('first-half\nsecond-half')],
  ['unsupported_scheme', () => rejectedRequest({ authorization: 'Basic dXNlcjpwYXNzd29yZA==' })],
  ['scheme_not_allowed', async () => bearer(await issue(), { dpop: { mode: 'required' } })],
  ['malformed_token', async () => bearer(replaceParts(await issue(), { header: 'bm9fSlNPTl9oZWFkZXI' }))],
  ['malformed_token', async () => bearer(replaceParts(await issue(), { payload: 'bm9fSlNPTl9wYXlsb2Fk' }))],
  ['signature_invalid', async () => bearer(replaceParts(await issue(), { signature: 'A'.repeat(86) }))],
  ['unsupported_algorithm', async () => bearer(await issue({ header: { alg: 'HS256' } }))],
  ['unsupported_token_type', async () => bearer(await issue({ header: { typ: 'logout+jwt' } }))],
  ['unsupported_header', async () => bearer(await issue({ header: { crit: ['x'] } }))],
  ['missing_kid', async () => bearer(await issue({ header: { kid: undefined } }))],
  ['unknown_kid', async () => bearer(await issue({ header: { kid: 'other' } }))],
  ['issuer_missing', async () => bearer(await issue({ claims: { iss: undefined } }))],
  ['issuer_not_allowed', async () => bearer(await issue({ claims: { iss: 'https://other.example/' } }))],
  ['issuer_mismatch', async () => bearer(await issue({ claims: { iss: `https://${tenant.domain}` } }))],
  ['audience_mismatch', async () => bearer(await issue({ audience: 'https://other.example' }))],
  ['token_expired', async () => bearer(await issue({ expiresInSeconds: -1 }))],
  ['token_not_yet_valid', async () => bearer(await issue({ claims: { nbf: clock.now() } }))],
  ['claim_invalid', async () => bearer(await issue({ claims: { cnf: [] } }))],
  [
    'client_certificate_invalid',
    async () => {
      const accessToken = await issue({ claims: { cnf: { 'x5t#S256': 'A'.repeat(43) } } });
      const clientCertificate = '-----BEGIN CERTIFICATE-----\ncertificate-that-must-not-be-seen';
      const verification = createClient().verifyRequest(bearerRequest(accessToken), { clientCertificate });
      return { error: await rejectionOf(verification), carried: accessToken.split('.') };
    },
  ],
  [
    'certificate_binding_mismatch',
    async () => {
      const accessToken = await issue({ claims: { cnf: { 'x5t#S256': 'A'.repeat(43) } } });
      const { pem } = createCertificate();
      const verification = createClient().verifyRequest(bearerRequest(accessToken), {
        clientCertificate: pem,
      });
      const error = await rejectionOf(verification);
      return { error, carried: [...accessToken.split('.'), ...pem.split('\n').slice(1, -2)] };
    },
  ],
  [
    'invalid_option',
    () =>
      withProof(
        {},
        { dpop: { publicUrl: () => 'https://user:password-that-must-not-be-seen@api.example.com' } },
      ),
  ],
  ['dpop_bound_token_as_bearer', async () => bearer(await issue({ dpopKey: key }))],
  ['dpop_proof_with_bearer', async () => bearer(await issue(), {}, 'proof-1.proof-2.proof-3')],
  [
    'domains_resolver_failed',
    async () => bearer(await issue(), { domains: () => Promise.reject(new Error('the table is gone')) }),
  ],
  [
    'discovery_unavailable',
    async () => bearer(await issue(), { customFetch: () => Promise.reject(new TypeError('down')) }),
  ],
  [
    'dpop_proof_malformed',
    async () =>
      rejectedRequest({ authorization: `DPoP ${await issue({ dpopKey: key })}`, dpop: 'not-a-proof' }),
  ],
  [
    'dpop_proof_multiple',
    async () =>
      rejectedRequest({
        authorization: `DPoP ${await issue({ dpopKey: key })}`,
        dpop: ['first-proof', 'second-proof'],
      }),
  ],
  [
    'dpop_proof_missing',
    async () => rejectedRequest({ authorization: `DPoP ${await issue({ dpopKey: key })}` }),
  ],
  [
    'dpop_binding_missing',
    async () => rejectedRequest({ authorization: `DPoP ${await issue()}`, dpop: 'proof-1.proof-2.proof-3' }),
  ],
  ['dpop_binding_mismatch', () => withProof({ token: { claims: { cnf: { jkt: 'another-thumbprint' } } } })],
  ['dpop_proof_type', () => withProof({ proof: { header: { typ: 'JWT' } } })],
  ['dpop_proof_algorithm', () => withProof({ proof: { header: { alg: 'RS256' } } })],
  [
    'dpop_proof_key',
    () => withProof({ proof: { header: { jwk: { ...key.publicJwk, d: PRIVATE_MEMBER } } } }),
  ],
  [
    'dpop_proof_key',
    () => withProof({ proof: { header: { jwk: { ...key.publicJwk, y: key.publicJwk.x } } } }),
  ],
  ['dpop_proof_claim', () => withProof({ proof: { claims: { jti: ['jti-that-must-not-be-seen'] } } })],
  ['dpop_proof_expired', () => withProof({ proof: { claims: { iat: 1 } } })],
  ['dpop_proof_htm_mismatch', () => withProof({ proof: { httpMethod: 'POST' } })],
  [
    'dpop_proof_htu_mismatch',
    () => withProof({ proof: { claims: { htu: 'https://other.example/?code=secret' } } }),
  ],
  ['dpop_proof_ath_mismatch', () => withProof({ proof: { claims: { ath: 'another-hash' } } })],
  ['dpop_nonce_missing', () => withProof({})],
  ['dpop_nonce_invalid', () => withProof({ proof: { nonce: 'nonce-that-is-not-ours' } })],
  ['replay_store_unavailable', () => withProof({}, noNonce)],
  [
    'dpop_proof_replayed',
    async () => {
      const client = createClient({ dpop: {} });
      const { accessToken, proof, request } = await createBoundRequest(tenant, { key });
      await client.verifyRequest(request);
      const error = await rejectionOf(client.verifyRequest(dpopRequest(accessToken, proof)));
      return { error, carried: [...accessToken.split('.'), ...proof.split('.')] };
    },
  ],
  [
    'insufficient_scope',
    async () => {
      const accessToken = await issue();
      const verification = createClient().verifyRequest(bearerRequest(accessToken), {
        requiredScopes: 'read',
      });
      return { error: await rejectionOf(verification), carried: accessToken.split('.') };
    },
  ],
  [
    'invalid_argument',
    async () => {
      const { accessToken, proof } = await createBoundRequest(tenant, { key });
      const request = dpopRequest(accessToken, proof, {
        httpUrl: '/orders?code=query-that-must-not-be-seen',
      });
      const error = await rejectionOf(createClient().verifyRequest(request));
      return { error, carried: [...accessToken.split('.'), ...proof.split('.')] };
    },
  ],
  [
    'upstream_refused',
    async () => {
      const accessToken = await issue();
      const exchange = createClient().getTokenOnBehalfOf({ accessToken, audience: 'https://b.example' });
      return { error: await rejectionOf(exchange), carried: accessToken.split('.') };
    },
  ],
  [
    'subject_token_invalid',
    async () => {
      const accessToken = await issue();
      const exchange = createClient().getTokenOnBehalfOf({
        accessToken: `Bearer ${accessToken}`,
        audience: 'b',
      });
      return { error: await rejectionOf(exchange), carried: accessToken.split('.') };
    },
  ],
];

describe('a rejection shows nothing of what it was made from', () => {
  it.each(rejections)('%# %s', async (reason, reject) => {
    const { error, carried } = await reject();
    expect(error.reason).toBe(reason);
    const shown = `${everythingOf(error)}\n${await error.toResponse().text()}`;
    // Parts of a few characters are words of any message.
    const secrets = carried.filter((part) => part.length >= 8);
    const always = [
      NONCE_SECRET,
      CLIENT_SECRET,
      PRIVATE_MEMBER ?? '',
      PRIVATE_KEYS.privateJwk.d ?? '',
      'must-not-be-seen',
    ];
    for (const secret of [...secrets, ...always]) expect(shown).not.toContain(secret);
  });
});

it('a client shows nothing of its secrets', () => {
  const client = createClient();
  expect(inspect(client, { depth: null, showHidden: true, getters: true })).not.toContain('must-not-be-seen');
  expect(JSON.stringify(client)).not.toContain('must-not-be-seen');
  expect(Reflect.ownKeys(client)).toEqual([]);
});

function everythingOf(error: BaseAuthError): string {
  const { message, stack = '', headers, challenges } = error;
  return [
    inspect(error, { depth: null, showHidden: true }),
    inspect(error.cause, { depth: null, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(Object.entries(error)),
    JSON.stringify(headers),
    challenges.join(),
    message,
    stack,
    String(error),
  ].join('\n');
}
