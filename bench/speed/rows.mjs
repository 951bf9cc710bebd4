/** What is measured: where a row's tokens come from, how they are verified, and what this SDK aims at. */
import { accessTokenClaims, createDpopClient, signProof, signToken } from '../common/tokens.mjs';
import { LOOKUP, PIPELINE, RAW_BOTH, RAW_PROOF } from './sides/limits.mjs';

const OURS = 'auth0-api-ts';
const KNOWN_TOKENS = 100;
const KNOWN_CLIENTS = 32;
/** The size of a round may differ between sides, so that each is timed for about as long; this is the most. */
const FIRST_SEEN = 320;

export const rows = [
  {
    id: 'rs256',
    title: 'RS256 token, first seen',
    alg: 'RS256',
    most: FIRST_SEEN,
    limit: PIPELINE,
    supply: (context) => firstSeenTokens(context),
    goals: [atMost(1.35, PIPELINE), faster(4, 'jose'), aheadOfPeers()],
  },
  {
    id: 'es256',
    title: 'ES256 token, first seen',
    alg: 'ES256',
    most: FIRST_SEEN,
    limit: PIPELINE,
    supply: (context) => firstSeenTokens(context),
    goals: [atMost(1.35, PIPELINE), aheadOfPeers()],
  },
  {
    id: 'repeated',
    title: 'repeated token (RS256)',
    alg: 'RS256',
    most: 8000,
    limit: LOOKUP,
    supply(context) {
      const known = firstSeenTokens(context)(KNOWN_TOKENS);
      return (count) => Array.from({ length: count }, (_, index) => known[index % known.length]);
    },
    goals: [atMost(4, LOOKUP), faster(40, 'jose')],
  },
  {
    id: 'dpop-first',
    title: 'DPoP request, token and key first seen (RS256 token, ES256 proof)',
    alg: 'RS256',
    most: FIRST_SEEN / 2,
    isRequest: true,
    limit: RAW_BOTH,
    supply: (context) => (count) =>
      Array.from({ length: count }, () => {
        const client = createDpopClient();
        return requestOf(client, boundToken(client, context), context);
      }),
    goals: [aheadOfPeers()],
  },
  {
    id: 'dpop-known',
    title: 'DPoP request, token and key known (RS256 token, ES256 proof)',
    alg: 'RS256',
    most: FIRST_SEEN,
    isRequest: true,
    limit: RAW_PROOF,
    supply(context) {
      const known = Array.from({ length: KNOWN_CLIENTS }, () => {
        const client = createDpopClient();
        return { client, token: boundToken(client, context) };
      });
      return (count) =>
        Array.from({ length: count }, (_, index) => {
          const { client, token } = known[index % known.length];
          return requestOf(client, token, context);
        });
    },
    goals: [atMost(1.5, RAW_PROOF), faster(5, 'jose')],
  },
  {
    id: 'in-flight',
    title: '64 in flight, RS256 token, first seen',
    alg: 'RS256',
    most: 512,
    inFlight: 64,
    limit: PIPELINE,
    supply: (context) => firstSeenTokens(context),
    goals: [faster(2, 'jose')],
  },
];

function firstSeenTokens({ keys, issuer, audience }) {
  return (count) =>
    Array.from({ length: count }, () =>
      signToken(keys[0], { claims: accessTokenClaims({ issuer, audience }) }),
    );
}

function boundToken({ jkt }, { keys, issuer, audience }) {
  return signToken(keys[0], { claims: accessTokenClaims({ issuer, audience, cnf: { jkt } }) });
}

function requestOf(client, token, { request: { method, url } }) {
  return { authorization: `DPoP ${token}`, dpop: signProof(client, { token, htm: method, htu: url }) };
}

function atMost(factor, limit) {
  return {
    text: `at most ${factor} × ${limit.replace('limit: ', '')}`,
    measure(compare) {
      const value = compare(OURS, limit);
      return { value, isMet: value <= factor };
    },
  };
}

function faster(factor, peer) {
  return {
    text: `at least ${factor} × as fast as ${peer}`,
    measure(compare) {
      const value = compare(peer, OURS);
      return { value, isMet: value >= factor };
    },
  };
}

/** Of the peers that do the same work: a key that is fixed needs no looking up. */
function aheadOfPeers() {
  return {
    text: 'ahead of every peer that finds keys by `kid`',
    measure(compare, peers) {
      const value = Math.min(...peers.map((peer) => compare(peer, OURS)));
      return { value, isMet: value > 1 };
    },
  };
}
