/**
 * What is sent to one client, a million times and never the same twice. A scenario is created with a clock, and gives
 * `send`, which makes the request of that number and has it dealt with, and `checkRefusals`.
 */
import { randomUUID } from 'node:crypto';
import { ApiClient } from '../../dist/index.js';
import {
  accessTokenClaims,
  createDpopClient,
  createSigningKey,
  signProof,
  signToken,
  withForeignSignature,
} from '../common/tokens.mjs';

const ISSUER = 'https://tenant.example.com/';
const AUDIENCE = 'https://api.example.com';
const REQUEST = { httpMethod: 'GET', httpUrl: `${AUDIENCE}/books/42` };

/** Of the injected time: a million requests take 83 minutes, in which all but the last ones expire. */
const REQUESTS_PER_SECOND = 200;
const TOKEN_LIFETIME_SECONDS = 300;
const PROOF_LIFETIME_SECONDS = 300;
/** The store of used proofs keeps them a little longer than they live, so that rounding opens no gap. */
const STORE_MARGIN_SECONDS = 30;
/** As docs/dpop.md has it. */
const STORE_MOST = 1_000_000;
const STORE_BYTES_EACH = 90;

const DPOP_CLIENTS = 5000;
/** A client sends some requests and rests; by the time it comes back, caches of moderate size have forgotten it. */
const REQUESTS_IN_A_ROW = 8;
/** Most tokens have 0.8 kB, some 2.5 and some 7 kB. */
const PERMISSION_COUNTS = [0, 0, 0, 60, 0, 0, 0, 220];

export const scenarios = {
  'tokens, time stands still': { create: (clock) => tokens(clock), clock: standingClock },
  'tokens, time runs': { create: (clock) => tokens(clock), clock: runningClock },
  'refused tokens, time runs': {
    create: (clock) => refusedTokens(clock),
    clock: runningClock,
    lengthFactor: 0.5,
  },
  'DPoP proofs, time stands still': {
    create: (clock) => proofs(clock),
    clock: standingClock,
    /** What the store is documented to hold, in bytes. */
    allowance: (count) => STORE_BYTES_EACH * Math.min(count, STORE_MOST),
    /** Past what the store holds, so that the curve is seen to end. */
    lengthFactor: 1.1,
  },
  'DPoP proofs, time runs': {
    create: (clock) => proofs(clock),
    clock: runningClock,
    allowance: (count) =>
      STORE_BYTES_EACH *
      Math.min(count, REQUESTS_PER_SECOND * (PROOF_LIFETIME_SECONDS + STORE_MARGIN_SECONDS)),
  },
  'tokens exchanged on behalf of users, time runs': {
    create: (clock) => exchanges(clock),
    clock: runningClock,
    lengthFactor: 0.5,
  },
};

function standingClock() {
  const start = Date.now();
  return { now: () => start, tick: () => undefined };
}

function runningClock() {
  let now = Date.now();
  return { now: () => now, tick: () => (now += 1000 / REQUESTS_PER_SECOND) };
}

function tokens(clock) {
  const { client, issue } = createSetting(clock);
  const verify = (accessToken) => client.verifyAccessToken({ accessToken });
  return {
    send: (index) => verify(issue({ permissions: permissionsOf(index) })),
    async checkRefusals() {
      await expectRefusal(() => verify(withForeignSignature(issue(), issue())), 'signature_invalid');
      await expectRefusal(() => verify(issue({ exp: epochSeconds(clock) - 60 })), 'token_expired');
    },
  };
}

/** What anybody can send without a key: most of it is refused before a signature is looked at. */
function refusedTokens(clock) {
  const { client, issue } = createSetting(clock);
  const good = issue();
  const signature = good.slice(good.lastIndexOf('.') + 1);
  const kinds = [
    { header: () => ({ kid: randomUUID() }), reason: 'unknown_kid' },
    { claims: () => ({ iss: `https://${randomUUID()}.example.com/` }), reason: 'issuer_not_allowed' },
    { reason: 'signature_invalid' },
  ];
  return {
    send(index) {
      const { header, claims, reason } = kinds[index % kinds.length];
      const accessToken = issue(claims?.(), { header: header?.(), signature });
      return expectRefusal(() => client.verifyAccessToken({ accessToken }), reason);
    },
    checkRefusals: async () => undefined,
  };
}

function proofs(clock) {
  const { client, issue } = createSetting(clock);
  const pool = Array.from({ length: DPOP_CLIENTS }, () => ({
    ...createDpopClient(),
    token: '',
    expiresAt: 0,
  }));
  const request = (member) => {
    const now = epochSeconds(clock);
    if (member.expiresAt <= now) {
      member.expiresAt = now + TOKEN_LIFETIME_SECONDS;
      member.token = issue({ cnf: { jkt: member.jkt } });
    }
    const { token } = member;
    const proof = signProof(member, {
      token,
      htm: REQUEST.httpMethod,
      htu: REQUEST.httpUrl,
      claims: { iat: now },
    });
    return { ...REQUEST, headers: { authorization: `DPoP ${token}`, dpop: proof } };
  };
  // All tokens are made before anything is measured.
  for (const member of pool) request(member);
  return {
    send: (index) => client.verifyRequest(request(pool[Math.floor(index / REQUESTS_IN_A_ROW) % pool.length])),
    async checkRefusals() {
      const used = request(pool[0]);
      await client.verifyRequest(used);
      await expectRefusal(() => client.verifyRequest(used), 'dpop_proof_replayed');
    },
  };
}

function exchanges(clock) {
  const { client, issue } = createSetting(clock, { clientId: 'client', clientSecret: 'secret' });
  const good = issue();
  // The exchange leaves verifying to the program and to the authorization server.
  const signature = good.slice(good.lastIndexOf('.') + 1);
  return {
    send: () =>
      client.getTokenOnBehalfOf({
        accessToken: issue(undefined, { signature }),
        audience: 'https://other.example.com',
      }),
    checkRefusals: async () => undefined,
  };
}

/** A client, and the issuer of its tokens within this process. */
function createSetting(clock, options) {
  const key = createSigningKey('ES256');
  const answers = {
    '/.well-known/openid-configuration': () => ({
      issuer: ISSUER,
      jwks_uri: `${ISSUER}.well-known/jwks.json`,
      token_endpoint: `${ISSUER}oauth/token`,
    }),
    '/.well-known/jwks.json': () => ({ keys: [key.jwk] }),
    '/oauth/token': () => ({
      access_token: randomUUID(),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: TOKEN_LIFETIME_SECONDS,
    }),
  };
  const client = new ApiClient({
    domain: ISSUER,
    audience: AUDIENCE,
    algorithms: ['ES256'],
    now: clock.now,
    customFetch: async (input) =>
      Response.json(answers[new URL(input).pathname](), {
        // As Auth0 states it for metadata and keys.
        headers: { 'Cache-Control': 'max-age=15, stale-while-revalidate=15, stale-if-error=86400' },
      }),
    ...options,
  });
  const issue = (claims, { header, signature } = {}) => {
    const iat = epochSeconds(clock);
    const times = { iat, exp: iat + TOKEN_LIFETIME_SECONDS };
    const content = {
      header,
      claims: accessTokenClaims({ issuer: ISSUER, audience: AUDIENCE, ...times, ...claims }),
    };
    return signature === undefined ? signToken(key, content) : unsignedToken(key, content, signature);
  };
  return { client, issue };
}

/** With the signature of another token: making a real one for what nobody accepts would take most of the time. */
function unsignedToken({ alg, kid }, { header, claims }, signature) {
  const parts = [{ alg, typ: 'at+jwt', kid, ...header }, claims];
  const encoded = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...encoded, signature].join('.');
}

function permissionsOf(index) {
  const count = PERMISSION_COUNTS[index % PERMISSION_COUNTS.length];
  return count === 0 ? undefined : Array.from({ length: count }, (_, number) => `read:collection-${number}`);
}

async function expectRefusal(send, reason) {
  let refusal;
  try {
    await send();
  } catch (error) {
    refusal = error;
  }
  if (refusal?.reason !== reason) throw new Error(`expected ${reason}`, { cause: refusal });
}

function epochSeconds({ now }) {
  return Math.floor(now() / 1000);
}
