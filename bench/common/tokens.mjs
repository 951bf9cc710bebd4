/** Keys and tokens, made with `node:crypto` alone, so that no library under test makes its own questions. */
import { createHash, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

const KEY_TYPES = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }] };

/** @param {'RS256' | 'ES256'} alg */
export function createSigningKey(alg = 'RS256') {
  const [type, options] = KEY_TYPES[alg];
  // Encoded as it is made: under Node 20, `export` of a key just made may collect the garbage of its making, which waits
  // for `export` to let go of the key, for ever.
  const { privateKey, publicKey: jwk } = generateKeyPairSync(type, {
    ...options,
    publicKeyEncoding: { format: 'jwk' },
  });
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const kid = randomUUID();
  return { alg, kid, privateKey, publicKey, jwk: { ...jwk, kid, alg, use: 'sig' } };
}

/** @param {{ header?: object, claims: object }} content `header` replaces members of the usual one */
export function signToken({ alg, kid, privateKey }, { header, claims }) {
  const signingInput = `${encode({ alg, typ: 'at+jwt', kid, ...header })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signingInput), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signingInput}.${signature.toString('base64url')}`;
}

/** The claims of an access token as Auth0 issues it under RFC 9068, which oauth4webapi insists on. */
export function accessTokenClaims({ issuer, audience, ...others }) {
  const iat = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: 'auth0|65f2c1d7a9b8e3f4d5c6b7a8',
    aud: [audience, `${issuer}userinfo`],
    iat,
    exp: iat + 3600,
    scope: 'openid profile read:books',
    client_id: 'kZ8hV2rQpL5mXc7wN3bT9sYdF4gJ6aHu',
    jti: randomUUID(),
    ...others,
  };
}

/** A token whose signature belongs to another one: well formed, and wrong. */
export function withForeignSignature(token, other) {
  return `${token.slice(0, token.lastIndexOf('.'))}${other.slice(other.lastIndexOf('.'))}`;
}

/** What every side must refuse before any of its figures counts, by the name of what is wrong. */
export function hostileTokens(key, { issuer, audience }) {
  const token = (claims) => signToken(key, { claims: accessTokenClaims({ issuer, audience, ...claims }) });
  return {
    'a bad signature': withForeignSignature(token(), token()),
    'another audience': token({ aud: ['https://other.example.com', `${issuer}userinfo`] }),
    'another issuer': token({ iss: 'https://other.example.com/' }),
    'an expired token': token({ exp: Math.floor(Date.now() / 1000) - 60 }),
  };
}

/** A client with a P-256 key of its own, for DPoP (RFC 9449). */
export function createDpopClient() {
  const { privateKey, jwk } = createSigningKey('ES256');
  const { crv, kty, x, y } = jwk;
  const publicJwk = { kty, crv, x, y };
  return { privateKey, publicJwk, jkt: thumbprint(publicJwk) };
}

/** @param {{ token: string, htm: string, htu: string, claims?: object }} request what the proof is for (RFC 9449 §4.2) */
export function signProof({ privateKey, publicJwk }, { token, htm, htu, claims }) {
  const ath = createHash('sha256').update(token).digest('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const key = { alg: 'ES256', privateKey };
  const header = { typ: 'dpop+jwt', jwk: publicJwk, kid: undefined };
  return signToken(key, { header, claims: { jti: randomUUID(), htm, htu, iat, ath, ...claims } });
}

/** @param {object} jwk a public P-256 key; RFC 7638 */
function thumbprint({ crv, kty, x, y }) {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

function encode(json) {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}
