import { calculateJwkThumbprint, compactVerify, EmbeddedJWK, errors, type JWTPayload } from 'jose';
import { describe, it } from 'vitest';
import { normalizeHtu } from '../../src/dpop/htu.ts';
import { verifyProof } from '../../src/dpop/verify-proof.ts';
import {
  ACCESS_TOKEN,
  ATH,
  LEEWAY_SECONDS,
  METHOD,
  OFFSET_SECONDS,
  proofs,
  URL_OF_REQUEST,
} from './proofs.ts';
import { TIME_LIMIT } from './runs.ts';
import { prover, SECONDS } from './tenant.ts';
import {
  compare,
  expectVariety,
  hasByteOrderMark,
  hasExtension,
  isCanonical,
  type StricterRule,
} from './verdicts.ts';

const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

/** Everything in which we are stricter with the JWS of a proof than jose, on purpose. */
const STRICTER: readonly StricterRule[] = [
  {
    because: 'one proof has one spelling: no padding, no blanks, no bits left over (RFC 7515 §2)',
    reason: 'dpop_proof_malformed',
    applies: (proof) => !isCanonical(proof),
  },
  {
    because: 'JSON does not begin with a byte order mark (RFC 8259 §8.1)',
    reason: 'dpop_proof_malformed',
    applies: hasByteOrderMark,
  },
  {
    because: 'a proof beyond 16 KiB is refused before anything is done with it',
    reason: 'dpop_proof_malformed',
    applies: (proof) => proof.length > 16 * 1024,
  },
  {
    because: 'no extension, no unencoded payload, no compression (RFC 7515 §4.1.11, RFC 7797)',
    reason: 'dpop_proof_malformed',
    applies: (_proof, header) => hasExtension(header),
  },
  {
    because: 'a key with a member that only private or symmetric keys have is no public key (RFC 9449 §4.2)',
    reason: 'dpop_proof_key',
    applies: (_proof, { jwk }) => ['d', 'p', 'k'].some((name) => Object.hasOwn(jwk as object, name)),
  },
];

const expectedJkt = await calculateJwkThumbprint(prover.jwk);

/** The checks of RFC 9449 §4.3 on top of jose's verification, written out once more. */
async function theirs(proof: string): Promise<unknown> {
  const { payload, protectedHeader } = await compactVerify(proof, EmbeddedJWK, { algorithms: ALGORITHMS });
  const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  const jkt = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
  const isProof = protectedHeader.typ === 'dpop+jwt' && isGood(claims) && jkt === expectedJkt;
  if (!isProof) throw new errors.JWTInvalid('a claim is not what it must be');
  return { ...claims, jkt };
}

function isGood(claims: unknown): claims is JWTPayload {
  if (typeof claims !== 'object' || claims === null) return false;
  const { jti, htm, htu, iat, ath, nonce } = claims as Record<string, unknown>;
  return (
    typeof jti === 'string' &&
    /\S/.test(jti) &&
    jti.length <= 256 &&
    typeof htm === 'string' &&
    htm.toLowerCase() === METHOD.toLowerCase() &&
    typeof htu === 'string' &&
    isSameUrl(htu) &&
    typeof iat === 'number' &&
    iat >= SECONDS - OFFSET_SECONDS &&
    iat <= SECONDS + LEEWAY_SECONDS &&
    ath === ATH &&
    (nonce === undefined || typeof nonce === 'string')
  );
}

/** The URLs that `proofs` writes differ from that of the request in no way but these, or are other URLs. */
function isSameUrl(htu: string): boolean {
  if (!URL.canParse(htu) || htu.trim() !== htu) return false;
  const { origin, pathname } = new URL(htu);
  return origin + pathname.replace('%61', 'a') === URL_OF_REQUEST;
}

function ours(proof: string): Promise<unknown> {
  const request = { proof, accessToken: ACCESS_TOKEN, jkt: expectedJkt, httpMethod: METHOD };
  return verifyProof(
    { ...request, htu: normalizeHtu(URL_OF_REQUEST) ?? '' },
    {
      algorithms: new Set(ALGORITHMS),
      iatOffsetSeconds: OFFSET_SECONDS,
      iatLeewaySeconds: LEEWAY_SECONDS,
      replayStore: false,
      nonce: undefined,
      timeoutSeconds: 1,
      emit: undefined,
      now: () => SECONDS * 1000,
    },
  );
}

export function describeProofDifferential(): void {
  describe('the verdict on a DPoP proof', () => {
    it(
      'is that of jose and the checks of RFC 9449, or stricter for a stated reason',
      async () => {
        expectVariety(await compare(proofs, { ours, theirs, stricter: STRICTER }), STRICTER);
      },
      TIME_LIMIT,
    );
  });
}
