/**
 * What no verification can be faster than. They check the signature and nothing else, so they are measures and not
 * alternatives.
 */
import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { promisify } from 'node:util';

export const packages = [];

const verifyOnThreadPool = promisify(verifySignature);

export const RAW = 'limit: crypto.verify';
export const RAW_POOL = 'limit: crypto.verify on the thread pool';
export const PIPELINE = 'limit: minimal pipeline';
export const LOOKUP = 'limit: Map lookup';
export const RAW_PROOF = 'limit: crypto.verify of the proof';
export const RAW_BOTH = 'limit: crypto.verify of token and proof';

/** All keys are at hand, and all but the minimal pipeline get their bytes ready made: `prepare` is not timed. */
export const sides = [
  {
    name: RAW,
    isLimit: true,
    rows: ['rs256', 'es256'],
    create({ keys: [key] }) {
      return {
        prepare: signedParts,
        verifySync: ({ input, signature }) => verifySignature('sha256', input, key.publicKey, signature),
      };
    },
  },
  {
    name: RAW_POOL,
    isLimit: true,
    rows: ['in-flight'],
    create({ keys: [key] }) {
      return {
        prepare: signedParts,
        verify: ({ input, signature }) => verifyOnThreadPool('sha256', input, key.publicKey, signature),
      };
    },
  },
  {
    name: PIPELINE,
    isLimit: true,
    rows: ['rs256', 'es256', 'in-flight'],
    create({ keys }) {
      const byKid = new Map(keys.map(({ kid, publicKey }) => [kid, publicKey]));
      return { verifySync: (token) => minimalPipeline(token, byKid) };
    },
  },
  {
    name: LOOKUP,
    isLimit: true,
    rows: ['repeated'],
    create() {
      const known = new Map();
      return {
        verifySync(token) {
          const claims = known.get(token);
          if (claims === undefined) known.set(token, { sub: 'remembered' });
          return claims ?? true;
        },
      };
    },
  },
  {
    name: RAW_PROOF,
    isLimit: true,
    rows: ['dpop-known', 'dpop-first'],
    create() {
      return {
        prepareRequest: ({ dpop }) => ({ ...signedParts(dpop), key: keyOfProof(dpop) }),
        verifyRequestSync: ({ input, signature, key }) => verifySignature('sha256', input, key, signature),
      };
    },
  },
  {
    name: RAW_BOTH,
    isLimit: true,
    rows: ['dpop-first'],
    create({ keys: [key] }) {
      return {
        prepareRequest: ({ authorization, dpop }) => ({
          token: signedParts(authorization.slice('DPoP '.length)),
          proof: { ...signedParts(dpop), key: keyOfProof(dpop) },
        }),
        verifyRequestSync: ({ token, proof }) =>
          verifySignature('sha256', token.input, key.publicKey, token.signature) &&
          verifySignature('sha256', proof.input, proof.key, proof.signature),
      };
    },
  },
];

function minimalPipeline(token, keys) {
  const [header, payload, signature] = token.split('.');
  const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const bytes = Buffer.from(signature, 'base64url');
  const input = Buffer.from(token.slice(0, header.length + payload.length + 1), 'latin1');
  const isGood = verifySignature('sha256', input, keys.get(kid), alg === 'ES256' ? derOf(bytes) : bytes);
  return isGood ? claims : false;
}

function signedParts(token) {
  const end = token.lastIndexOf('.');
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  return {
    input: Buffer.from(token.slice(0, end), 'latin1'),
    signature: signature.length === 64 ? derOf(signature) : signature,
  };
}

const proofKeys = new Map();

/** The same key object for all proofs of a client, as the key is to be at hand. */
function keyOfProof(proof) {
  const header = proof.slice(0, proof.indexOf('.'));
  const known = proofKeys.get(header);
  if (known !== undefined) return known;
  const { jwk } = JSON.parse(Buffer.from(header, 'base64url').toString());
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  proofKeys.set(header, key);
  return key;
}

/**
 * The DER spelling of a P-256 signature. Some versions of Node are much slower when they are told `dsaEncoding` and so
 * get the key in an object.
 */
function derOf(signature) {
  const integers = [signature.subarray(0, 32), signature.subarray(32)].map((bytes) => {
    let start = 0;
    while (start < 31 && bytes[start] === 0) start += 1;
    const isNegative = bytes[start] >= 0x80;
    return Buffer.concat([
      Buffer.from(isNegative ? [2, 33 - start, 0] : [2, 32 - start]),
      bytes.subarray(start),
    ]);
  });
  const length = integers[0].length + integers[1].length;
  return Buffer.concat([Buffer.from([0x30, length]), ...integers]);
}
