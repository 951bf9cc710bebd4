import { decodeBase64url, importVerifier } from '#signature';
import { describe, expect, it } from 'vitest';
import { checkCertificateBinding } from '../../src/access-token/certificate-binding.ts';
import { getCurrentActor, getDelegationChain } from '../../src/delegation.ts';
import { normalizeHtu } from '../../src/dpop/htu.ts';
import { KnownProofKeys } from '../../src/dpop/proof-key.ts';
import { InMemoryReplayStore } from '../../src/dpop/replay.ts';
import { verifyProof } from '../../src/dpop/verify-proof.ts';
import { findAlgorithm, type JwsAlgorithm } from '../../src/jws/algorithms.ts';
import { JwsSyntaxError, parseCompactJws } from '../../src/jws/compact.ts';
import type { JsonObject } from '../../src/jws/json.ts';
import { jwkThumbprint, readPublicJwk } from '../../src/jws/public-key.ts';
import type { PublicJwk } from '../../src/jws/signature.ts';
import { serializeChallenge } from '../../src/request/challenge.ts';
import { parseChallenges } from '../support/challenges.ts';
import {
  cases,
  type CertificateCase,
  type ChallengeCase,
  type ConformanceCase,
  type DelegationCase,
  type ProofCase,
  type SignatureCase,
} from './case.ts';

describe.each(cases.map((data) => [data.source, data] as const))('%s', (_source, data) => {
  it(data.title, () => check(data));
});

async function check(data: ConformanceCase): Promise<void> {
  switch (data.kind) {
    case 'signature':
      await checkSignature(data);
      break;
    case 'thumbprint':
      expect(await jwkThumbprint(keyOf(data).jwk)).toBe(data.thumbprint);
      break;
    case 'certificate':
      await checkCertificate(data);
      break;
    case 'proof':
      await checkProof(data);
      break;
    case 'urls':
      for (const url of data.written) expect(normalizeHtu(url), url).toBe(data.normal);
      break;
    case 'resolved':
      for (const [reference, resolved] of Object.entries(data.references)) {
        expect(normalizeHtu(data.base + reference), reference).toBe(resolved);
      }
      break;
    case 'challenge':
      checkChallenge(data);
      break;
    case 'delegation':
      checkDelegation(data);
      break;
  }
}

function keyOf(data: { alg: string; jwk: JsonObject }): { jwk: PublicJwk; algorithm: JwsAlgorithm } {
  const algorithm = findAlgorithm(data.alg);
  const jwk = algorithm && readPublicJwk(data.jwk, algorithm);
  if (algorithm === undefined || jwk === undefined) throw new Error('expected a public key');
  return { jwk, algorithm };
}

async function checkSignature(data: SignatureCase): Promise<void> {
  const { jwk, algorithm } = keyOf(data);
  const verify = await importVerifier(jwk, algorithm);
  const end = data.jws.lastIndexOf('.');
  const signature = decodeBase64url(data.jws.slice(end + 1)) ?? new Uint8Array();
  const signingInput = data.jws.slice(0, end);
  expect(await verify(signature, signingInput)).toBe(true);
  expect(await verify(signature, `${signingInput}A`)).toBe(false);
  expect(
    await verify(
      signature.map((byte, index) => (index === 0 ? byte ^ 1 : byte)),
      signingInput,
    ),
  ).toBe(false);

  if (data.payload === null) expect(() => parseCompactJws(data.jws)).toThrow(JwsSyntaxError);
  else expect(parseCompactJws(data.jws).payload).toEqual(data.payload);
}

async function checkCertificate({ pem, claims }: CertificateCase): Promise<void> {
  await expect(checkCertificateBinding(claims, pem.join('\n'), true)).resolves.toBeUndefined();
  const another = { ...claims, cnf: { 'x5t#S256': 'A'.repeat(43) } };
  await expect(checkCertificateBinding(another, pem.join('\n'), true)).rejects.toMatchObject({
    reason: 'certificate_binding_mismatch',
    statusCode: 401,
  });
}

async function checkProof({ proof, request, jkt, now, expected }: ProofCase): Promise<void> {
  const clock = () => now * 1000;
  const verifying = verifyProof(
    { proof, jkt, ...request, htu: normalizeHtu(request.httpUrl) ?? '' },
    {
      algorithms: new Set(['ES256']),
      iatOffsetSeconds: 300,
      iatLeewaySeconds: 30,
      replayStore: new InMemoryReplayStore({ now: clock, emit: undefined }),
      onStoreError: 'refuse',
      nonce: undefined,
      timeoutSeconds: 1,
      emit: undefined,
      knownKeys: new KnownProofKeys(),
      now: clock,
    },
  );
  if ('reason' in expected) await expect(verifying).rejects.toMatchObject(expected);
  else expect(await verifying).toEqual(expected.claims);
}

/** What the specification writes is read, and what its challenges say is written so that it reads the same. */
function checkChallenge({ header, challenges }: ChallengeCase): void {
  expect(parseChallenges(header)).toEqual(challenges);
  const written = challenges.map(({ scheme, params }) => serializeChallenge(scheme, params)).join(', ');
  expect(parseChallenges(written)).toEqual(challenges);
}

function checkDelegation({ claims, currentActor, chain }: DelegationCase): void {
  expect(getCurrentActor(claims) ?? null).toBe(currentActor);
  expect(getDelegationChain(claims)).toEqual(chain);
}
