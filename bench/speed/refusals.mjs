/** A side that does not refuse what it must has no business in the table. */
import {
  accessTokenClaims,
  createDpopClient,
  hostileTokens,
  signProof,
  signToken,
  withForeignSignature,
} from '../common/tokens.mjs';

export async function checkTokens(name, verifier, context) {
  const { keys, issuer, audience } = context;
  const verify = verifier.verify ?? verifier.verifySync;
  const good = signToken(keys[0], { claims: accessTokenClaims({ issuer, audience }) });
  // Twice, so that what a cache remembers is looked at as well.
  for (const token of [good, good]) {
    if (!(await accepts(verify, token))) throw new Error(`${name} refuses a good token`);
  }
  const hostile = Object.entries(hostileTokens(keys[0], context));
  hostile.push([
    'the signature of another token',
    withForeignSignature(good, signToken(keys[0], { claims: {} })),
  ]);
  for (const [what, token] of [...hostile, ...hostile]) {
    if (await accepts(verify, token)) throw new Error(`${name} accepts ${what}`);
  }
}

export async function checkProofs(
  name,
  { verifyRequest },
  { keys, issuer, audience, request: { method, url } },
) {
  const client = createDpopClient();
  const bound = (jkt) =>
    signToken(keys[0], { claims: accessTokenClaims({ issuer, audience, cnf: { jkt } }) });
  const [token, otherToken] = [bound(client.jkt), bound(client.jkt)];
  const target = { token, htm: method, htu: url };
  const headers = (dpop) => ({ authorization: `DPoP ${token}`, dpop });
  for (let time = 0; time < 2; time++) {
    const good = signProof(client, target);
    if (!(await accepts(verifyRequest, headers(good)))) throw new Error(`${name} refuses a good proof`);
  }
  const hostile = {
    'a proof with a bad signature': withForeignSignature(
      signProof(client, target),
      signProof(client, target),
    ),
    'a proof for another method': signProof(client, { ...target, htm: 'POST' }),
    'a proof for another URL': signProof(client, { ...target, htu: 'https://api.example.com/other' }),
    'a proof for another token': signProof(client, { ...target, token: otherToken }),
    'a proof by another key': signProof(createDpopClient(), target),
    'an old proof': signProof(client, { ...target, claims: { iat: Math.floor(Date.now() / 1000) - 3600 } }),
  };
  for (const [what, proof] of Object.entries(hostile)) {
    if (await accepts(verifyRequest, headers(proof))) throw new Error(`${name} accepts ${what}`);
  }
}

async function accepts(verify, input) {
  try {
    return (await verify(input)) !== undefined;
  } catch {
    return false;
  }
}
