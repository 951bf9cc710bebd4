import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, createRemoteJWKSet, customFetch, EmbeddedJWK, jwtVerify } from 'jose';

export const packages = ['jose'];

export const sides = [
  {
    name: 'jose',
    create({ issuer, audience, alg, jwksUri, fetch, request: { method, url } }) {
      const keys = createRemoteJWKSet(new URL(jwksUri), { [customFetch]: fetch });
      const options = { issuer, audience, algorithms: [alg] };
      const verify = async (token) => (await jwtVerify(token, keys, options)).payload;
      return { verify, verifyRequest: withProofs(verify, { method, url }) };
    },
  },
];

/** What a program has to do itself for DPoP (RFC 9449 §4.3), in as few steps as can be. */
function withProofs(verify, { method, url }) {
  const options = { typ: 'dpop+jwt', algorithms: ['ES256'], maxTokenAge: 300 };
  const seen = new Set();
  return async ({ authorization, dpop }) => {
    const token = authorization.slice('DPoP '.length);
    const claims = await verify(token);
    const { payload, protectedHeader } = await jwtVerify(dpop, EmbeddedJWK, options);
    const { htm, htu, ath, jti } = payload;
    const hash = createHash('sha256').update(token).digest('base64url');
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk);
    const isFor = htm === method && htu === url && ath === hash && claims.cnf?.jkt === jkt;
    if (!isFor || typeof jti !== 'string' || seen.has(jti))
      throw new Error('the proof is not for this request');
    seen.add(jti);
    return claims;
  };
}
