/**
 * A DPoP proof: the twelve checks of RFC 9449 §4.3, in an order in which nothing is remembered before all is proven.
 */
import { sha256 } from '#signature';
import type { DpopProofClaims } from '../claims.ts';
import {
  DpopNonceRequiredError,
  type DpopProofReason,
  type Evidence,
  InvalidDpopProofError,
  ReplayStoreUnavailableError,
  VerifyAccessTokenError,
} from '../errors/index.ts';
import type { Emit } from '../events.ts';
import { findAlgorithm } from '../jws/algorithms.ts';
import {
  type CompactJws,
  JwsSyntaxError,
  type KnownHeaders,
  parseCompactJws,
  unsupportedParameter,
} from '../jws/compact.ts';
import { deepFreeze, type JsonObject, ownMember } from '../jws/json.ts';
import { describeError } from '../platform/describe-error.ts';
import { excerpt } from '../platform/excerpt.ts';
import { withTimeLimit } from '../platform/time-limit.ts';
import { normalizeHtu } from './htu.ts';
import { acceptsNonce, issueNonce, type NoncePolicy } from './nonce.ts';
import { importProofKey, type KnownProofKeys, type ProofKey } from './proof-key.ts';
import type { DpopReplayStore } from './replay.ts';

/** A proof is a small JWS; its largest member is an RSA key. */
const MAX_PROOF_LENGTH = 16 * 1024;
const MAX_JTI_LENGTH = 256;
/** A method is a token (RFC 9110 §9.1). Outside ASCII, letters that are not equal may be equal in upper case. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export interface ProofPolicy {
  readonly algorithms: ReadonlySet<string>;
  readonly knownKeys: KnownProofKeys;
  /** How far back `iat` may lie, in seconds. */
  readonly iatOffsetSeconds: number;
  /** How far ahead `iat` may lie, in seconds. */
  readonly iatLeewaySeconds: number;
  readonly replayStore: DpopReplayStore | false;
  /** What becomes of a proof when the store fails. */
  readonly onStoreError: 'refuse' | 'accept';
  readonly nonce: NoncePolicy | undefined;
  /** How long the replay store may take, in seconds. */
  readonly timeoutSeconds: number;
  readonly emit: Emit;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What the proof must have been made for. */
export interface ProvenRequest {
  readonly proof: string;
  readonly accessToken: string;
  /** The thumbprint that the access token is bound to. */
  readonly jkt: string;
  readonly httpMethod: string;
  /** The URL of the request, normalised. */
  readonly htu: string;
}

/**
 * @throws InvalidDpopProofError
 * @throws VerifyAccessTokenError `dpop_binding_mismatch` when a valid proof was made with another key
 * @throws DpopNonceRequiredError
 * @throws ReplayStoreUnavailableError
 */
export async function verifyProof(request: ProvenRequest, policy: ProofPolicy): Promise<DpopProofClaims> {
  const now = policy.now();
  const jws = parseProof(request.proof, policy.knownKeys.headers);
  const key = await verifySignature(jws, policy);
  const { jkt } = key;
  const claims = readClaims(jws.payload, jkt);

  checkRequest(claims, request);
  if (claims.ath !== (await sha256(request.accessToken))) refuse('dpop_proof_ath_mismatch');
  const seconds = now / 1000;
  if (claims.iat < seconds - policy.iatOffsetSeconds || claims.iat > seconds + policy.iatLeewaySeconds) {
    refuse('dpop_proof_expired', { name: 'iat', expected: seconds, actual: claims.iat });
  }
  if (jkt !== request.jkt) {
    throw new VerifyAccessTokenError('dpop_binding_mismatch', {
      cause: { name: 'cnf.jkt', expected: excerpt(request.jkt), actual: jkt },
    });
  }
  if (policy.nonce !== undefined) await checkNonce(claims.nonce, policy.nonce, now);
  if (policy.replayStore !== false) await consume(claims, policy.replayStore, policy);
  // A slow store may have answered when its record of an earlier use was gone already.
  checkAge(claims, policy);
  policy.knownKeys.remember(jws, key);
  return deepFreeze(claims);
}

function parseProof(proof: unknown, known: KnownHeaders): CompactJws {
  if (typeof proof !== 'string') refuse('dpop_proof_malformed', { expected: 'a string' });
  if (proof.length > MAX_PROOF_LENGTH) refuse('dpop_proof_malformed', { expected: 'a shorter proof' });
  let jws: CompactJws;
  try {
    jws = parseCompactJws(proof, known);
  } catch (error) {
    if (error instanceof JwsSyntaxError)
      throw new InvalidDpopProofError('dpop_proof_malformed', { cause: error });
    throw error;
  }
  const parameter = unsupportedParameter(jws.header);
  if (parameter !== undefined) refuse('dpop_proof_malformed', { name: parameter });
  if (ownMember(jws.header, 'typ') !== 'dpop+jwt') {
    refuse('dpop_proof_type', { name: 'typ', expected: 'dpop+jwt' });
  }
  return jws;
}

async function verifySignature(jws: CompactJws, { algorithms, knownKeys }: ProofPolicy): Promise<ProofKey> {
  const algorithm = findAlgorithm(ownMember(jws.header, 'alg'));
  if (algorithm === undefined || !algorithms.has(algorithm.name)) {
    refuse('dpop_proof_algorithm', { name: 'alg', expected: [...algorithms], actual: algorithm?.name });
  }
  const key = knownKeys.get(jws.header) ?? (await importProofKey(ownMember(jws.header, 'jwk'), algorithm));
  if (!(await key.verifier(jws.signature, jws.signingInput))) refuse('dpop_proof_signature');
  return key;
}

function readClaims(payload: JsonObject, jkt: string): DpopProofClaims {
  const jti = readText(payload, 'jti');
  if (jti.trim() === '' || jti.length > MAX_JTI_LENGTH) {
    refuse('dpop_proof_claim', { name: 'jti', expected: `1 to ${MAX_JTI_LENGTH} characters` });
  }
  const iat = ownMember(payload, 'iat');
  if (typeof iat !== 'number' || !Number.isFinite(iat)) {
    refuse('dpop_proof_claim', { name: 'iat', expected: 'a finite number' });
  }
  const required = {
    jti,
    iat,
    htm: readText(payload, 'htm'),
    htu: readText(payload, 'htu'),
    ath: readText(payload, 'ath'),
  };
  const nonce = Object.hasOwn(payload, 'nonce') ? { nonce: readText(payload, 'nonce') } : {};
  return { ...payload, ...required, ...nonce, jkt };
}

function readText(payload: JsonObject, name: string): string {
  const value = ownMember(payload, name);
  return typeof value === 'string' ? value : refuse('dpop_proof_claim', { name, expected: 'a string' });
}

function checkRequest(claims: DpopProofClaims, request: ProvenRequest): void {
  // RFC 9110 makes methods case-sensitive, but frameworks hand on lower-case ones, and no two differ by case alone.
  if (!METHOD.test(claims.htm) || claims.htm.toUpperCase() !== request.httpMethod.toUpperCase()) {
    refuse('dpop_proof_htm_mismatch', { name: 'htm', expected: excerpt(request.httpMethod) });
  }
  // The evidence is the normal form: a query may hold what no log should.
  const htu = claims.htu === request.htu ? request.htu : normalizeHtu(claims.htu);
  if (htu !== request.htu) {
    const actual = htu === undefined ? undefined : excerpt(htu);
    refuse('dpop_proof_htu_mismatch', { name: 'htu', expected: excerpt(request.htu), actual });
  }
}

async function checkNonce(nonce: string | undefined, policy: NoncePolicy, now: number): Promise<void> {
  if (nonce !== undefined && (await acceptsNonce(policy, nonce, now))) return;
  const reason = nonce === undefined ? 'dpop_nonce_missing' : 'dpop_nonce_invalid';
  throw new DpopNonceRequiredError(reason, await issueNonce(policy, now));
}

/**
 * Refuses a proof that has grown too old since its verification began.
 *
 * @returns for how many seconds it could still be accepted
 */
function checkAge({ iat }: DpopProofClaims, { iatOffsetSeconds, now }: ProofPolicy): number {
  const seconds = now() / 1000;
  if (iat < seconds - iatOffsetSeconds)
    refuse('dpop_proof_expired', { name: 'iat', expected: seconds, actual: iat });
  return iat + iatOffsetSeconds - seconds;
}

async function consume(claims: DpopProofClaims, store: DpopReplayStore, policy: ProofPolicy): Promise<void> {
  const { jkt, jti } = claims;
  const { timeoutSeconds, onStoreError, emit } = policy;
  // A thumbprint is 43 characters without a dot, so no two pairs give the same text.
  const key = await sha256(`${jkt}.${jti}`);
  // One second past the last moment at which the proof could be accepted, so that rounding opens no gap. By the clock as
  // it is now and as the store reads it: had the process stood still meanwhile, the end would be another than the one by
  // which the proof is looked for the next time.
  const ttlSeconds = Math.ceil(checkAge(claims, policy) + 1);
  let added: unknown;
  let cause: Evidence = { name: 'replayStore', expected: 'a boolean' };
  try {
    const answer = store.add(key, ttlSeconds);
    added = typeof answer === 'boolean' ? answer : await withTimeLimit(answer, timeoutSeconds);
  } catch (error) {
    cause = { name: 'replayStore', error };
  }
  if (added === false) {
    emit?.({ type: 'proof_replayed', jkt });
    refuse('dpop_proof_replayed');
  }
  if (added === true) return;
  // Anything but a clear yes is a broken store, and a broken store accepts nothing unless that is spelled out.
  if (onStoreError !== 'accept') throw new ReplayStoreUnavailableError({ cause });
  emit?.({ type: 'replay_store_failed', detail: describeStoreError(cause, key) });
}

/** A shorter end of a text begins like the key by chance. */
const SHORTEST_PART = 8;

/** Clients of stores quote the command that failed: the key goes, also where the text was cut within it. */
function describeStoreError({ error }: Evidence, key: string): string {
  if (error === undefined) return 'the answer is no boolean';
  const detail = describeError(error).replaceAll(key, '...');
  for (let length = key.length - 1; length >= SHORTEST_PART; length -= 1) {
    if (detail.endsWith(key.slice(0, length))) return `${detail.slice(0, -length)}...`;
  }
  return detail;
}

function refuse(reason: Exclude<DpopProofReason, 'dpop_proof_with_bearer'>, cause?: Evidence): never {
  throw new InvalidDpopProofError(reason, { cause });
}
