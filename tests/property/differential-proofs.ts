/**
 * DPoP proofs, one by one: our verdict beside that of jose with the checks of RFC 9449, at first sight and from memory.
 */
import fc from 'fast-check';
import { compactVerify, decodeJwt, EmbeddedJWK, errors, type JWTPayload } from 'jose';
import { describe, it } from 'vitest';
import { ApiClient } from '../../src/api-client.ts';
import { chunksOf, DIFFERENTIAL_TIME_LIMIT, report } from './differential-runs.ts';
import {
  athOf,
  LEEWAY_SECONDS,
  METHOD,
  OFFSET_SECONDS,
  proofs,
  thumbprint,
  URL_OF_REQUEST,
} from './proofs.ts';
import { AUDIENCE, ISSUER, SECONDS } from './tenant.ts';
import { expectSame, expectVariety, ourVerdict, Tally, theirVerdict, withoutStacks } from './verdicts.ts';

const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

/** A proof, and what it should have been made for. */
export interface ProofRequest {
  readonly proof: string;
  readonly accessToken: string;
  readonly httpMethod: string;
  readonly httpUrl: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** The checks of RFC 9449 §4.3 on top of jose's verification, written out once more. */
export async function judgeByJose(request: ProofRequest): Promise<unknown> {
  const { payload, protectedHeader } = await compactVerify(request.proof, EmbeddedJWK, {
    algorithms: ALGORITHMS,
  });
  const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  const jkt = thumbprint(protectedHeader.jwk);
  const { cnf } = decodeJwt<{ cnf: { jkt: string } }>(request.accessToken);
  const isProof = protectedHeader.typ === 'dpop+jwt' && isGood(claims, request) && jkt === cnf.jkt;
  if (!isProof) throw new errors.JWTInvalid('a claim is not what it must be');
  return { ...claims, jkt };
}

function isGood(claims: unknown, request: ProofRequest): claims is JWTPayload {
  if (typeof claims !== 'object' || claims === null) return false;
  const { jti, htm, htu, iat, ath } = claims as Record<string, unknown>;
  const seconds = request.now / 1000;
  return (
    typeof jti === 'string' &&
    typeof htm === 'string' &&
    htm.toLowerCase() === request.httpMethod.toLowerCase() &&
    typeof htu === 'string' &&
    isSameUrl(htu, request.httpUrl) &&
    typeof iat === 'number' &&
    iat >= seconds - OFFSET_SECONDS &&
    iat <= seconds + LEEWAY_SECONDS &&
    ath === athOf(request.accessToken)
  );
}

/** The URLs that `proofs` writes differ from that of the request in no way but these, or are other URLs. */
function isSameUrl(htu: string, httpUrl: string): boolean {
  if (!URL.canParse(htu) || htu.trim() !== htu) return false;
  const { origin, pathname } = new URL(htu);
  return origin + pathname.replace('%61', 'a') === httpUrl;
}

/** A client with a memory, for proofs alone: used proofs are not remembered, or none could be shown twice. */
export function createProofJudge() {
  let time = 0;
  const client = new ApiClient({
    domain: ISSUER,
    audience: AUDIENCE,
    dpop: {
      algorithms: ALGORITHMS,
      iatOffsetSeconds: OFFSET_SECONDS,
      iatLeewaySeconds: LEEWAY_SECONDS,
      replayStore: false,
    },
    now: () => time,
  });
  return ({ now, ...request }: ProofRequest) => {
    time = now;
    return ourVerdict(client.verifyDpopProof(request));
  };
}

export const proofKeysOf = ({ jwk }: Record<string, unknown>) => [jwk];

/** Every so many proofs are also shown to a client that has never seen anything. */
const NEWBORN_EVERY = 5;

async function compareProofs(tally: Tally, parameters: { numRuns: number; seed: number }): Promise<void> {
  const remembering = createProofJudge();
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(proofs, async (given) => {
      const request = { ...given, httpMethod: METHOD, httpUrl: URL_OF_REQUEST, now: SECONDS * 1000 };
      const { proof: text, now } = request;
      const circumstances = { about: 'proof' as const, text, keysOf: proofKeysOf, now };
      const first = await remembering(request);
      expectSame(
        {
          'at first': first,
          again: await remembering(request),
          ...(seen++ % NEWBORN_EVERY === 0 ? { 'by a new client': await createProofJudge()(request) } : {}),
        },
        circumstances,
      );
      tally.compare(first, await theirVerdict(judgeByJose(request)), circumstances);
    }),
    parameters,
  );
}

export function describeProofDifferential(path: string): void {
  describe('the verdict on a DPoP proof', () => {
    it(
      'is that of jose and the checks of RFC 9449, or stricter for a stated reason, at first and from memory',
      async () => {
        const tally = new Tally();
        for (const chunk of chunksOf('proofs')) {
          report(`${path}: proofs, ${tally.soFar}, next ${chunk.numRuns} with seed ${chunk.seed}`);
          await withoutStacks(() => compareProofs(tally, chunk));
        }
        tally.report(`${path}: proofs`);
        expectVariety(tally, 'proof');
      },
      DIFFERENTIAL_TIME_LIMIT,
    );
  });
}
