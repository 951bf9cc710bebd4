/**
 * What is measured. A scenario gets a tenant of its own and a fresh verifier in the process of the library, and returns
 * what it saw: `text` for the table, and `good`, whether that is what this SDK promises.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Of `max-age` and of whatever a library calls it, where keys have to get old within the run. */
const SHORT_AGE = 2;
/** What Auth0 states today. */
const AUTH0_AGE = 15;
/** The default of every library that has one. */
const DEFAULT_AGE = 600;
const LIMIT_SECONDS = 40;
const HANG_LIMIT_SECONDS = 35;
/** For a batch of tokens with unknown keys: there are libraries that queue what is above their rate limit. */
const FLOOD_LIMIT_SECONDS = 5;

export const scenarios = [
  {
    name: '(a) requests for 200 concurrent first verifications',
    promise: '1 + 1',
    ageSeconds: DEFAULT_AGE,
    async run({ tenant, verify }) {
      const outcomes = await verify(repeat(200, tenant.token));
      const { discovery, jwks } = tenant.requests;
      const requests = discovery === 0 ? `${jwks}` : `${discovery} + ${jwks}`;
      return {
        text: `${requests}, ${accepted(outcomes)} of 200 accepted`,
        good: discovery === 1 && jwks === 1 && accepted(outcomes) === 200,
      };
    },
  },
  {
    name: '(b) requests for 1,000 tokens with unknown `kid`s, 50 at a time; a good token right afterwards',
    promise: 'at most 1; accepted',
    ageSeconds: DEFAULT_AGE,
    async run({ tenant, verify, warmUp }) {
      await warmUp();
      const before = total(tenant.requests);
      const outcomes = [];
      for (let batch = 0; batch < 20; batch++) {
        outcomes.push(...(await verify(repeat(50, tenant.tokenOfUnknownKey), FLOOD_LIMIT_SECONDS)));
      }
      const cost = total(tenant.requests) - before;
      if (accepted(outcomes) > 0) throw new Error('a token with an unknown kid was accepted');
      const [after] = await verify([tenant.token()]);
      const unanswered = outcomes.filter((outcome) => outcome.unanswered).length;
      const late = unanswered === 0 ? '' : `; ${unanswered} not answered within ${FLOOD_LIMIT_SECONDS} s`;
      return {
        text: `${cost}; ${after.accepted ? 'accepted' : 'refused'}${late}`,
        good: cost <= 1 && after.accepted && unanswered === 0,
        error: outcomes.at(-1).error,
      };
    },
  },
  {
    waits: true,
    name: '(c) accepted of 20, keys past their age of 2 s, endpoint answers 500',
    promise: '20',
    ageSeconds: SHORT_AGE,
    async run({ tenant, verify, warmUp }) {
      await warmUp();
      await sleep(SHORT_AGE * 1000 + 500);
      tenant.failJwks(500);
      const outcomes = [];
      for (let request = 0; request < 20; request++) {
        outcomes.push(...(await verify([tenant.token()])));
        await sleep(100);
      }
      const count = accepted(outcomes);
      return { text: `${count}`, good: count === 20, error: outcomes.at(-1).error };
    },
  },
  {
    waits: true,
    name: '(d) one verification, keys past their age of 2 s, endpoint hangs',
    promise: 'accepted in < 0.5 s',
    ageSeconds: SHORT_AGE,
    async run({ tenant, verify, warmUp }) {
      await warmUp();
      await sleep(SHORT_AGE * 1000 + 500);
      tenant.failJwks('hang');
      const [outcome] = await verify([tenant.token()], HANG_LIMIT_SECONDS);
      const verdict = outcome.accepted ? 'accepted' : outcome.unanswered ? 'no answer' : 'refused';
      return {
        text: `${verdict} after ${seconds(outcome.seconds)}`,
        good: outcome.accepted && outcome.seconds < 0.5,
        error: outcome.error,
      };
    },
  },
  rotation('(e) first token of a new key, rotated 1 s after the last fetch, age 15 s', AUTH0_AGE),
  rotation('(e) the same, age 600 s', DEFAULT_AGE),
  {
    waits: true,
    name: '(f) the same, age 15 s, when an unknown `kid` was claimed just before the rotation',
    ageSeconds: AUTH0_AGE,
    async run({ tenant, verify, warmUp }) {
      await warmUp();
      await sleep(1000);
      await verify([tenant.tokenOfUnknownKey()]);
      tenant.rotate();
      return await pollUntil('accepted', true, { tenant, verify });
    },
  },
  {
    waits: true,
    name: '(g) a token of a key that was withdrawn 1 s after the last fetch, age 2 s, one request a second',
    ageSeconds: SHORT_AGE,
    async run({ tenant, verify, warmUp }) {
      await warmUp();
      await sleep(1000);
      const token = tenant.token();
      tenant.rotate({ withdraw: true });
      return await pollUntil('refused', false, { tenant: { token: () => token }, verify });
    },
  },
];

function rotation(name, ageSeconds) {
  return {
    waits: true,
    name,
    promise: 'first sight',
    ageSeconds,
    async run({ tenant, verify, warmUp }) {
      await warmUp();
      await sleep(1000);
      tenant.rotate();
      return await pollUntil('accepted', true, { tenant, verify });
    },
  };
}

/** One verification a second, until one has the wanted outcome. */
async function pollUntil(word, wanted, { tenant, verify }) {
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  for (let tries = 1; elapsed() < LIMIT_SECONDS; tries++) {
    const [outcome] = await verify([tenant.token()]);
    if (outcome.accepted === wanted) {
      const text = tries === 1 ? `${word} at first sight` : `${word} after ${elapsed().toFixed(0)} s`;
      return { text, good: tries === 1, error: outcome.error };
    }
    await sleep(1000);
  }
  return { text: `not ${word} within ${LIMIT_SECONDS} s`, good: false };
}

function repeat(count, make) {
  return Array.from({ length: count }, () => make());
}

function accepted(outcomes) {
  return outcomes.filter((outcome) => outcome.accepted).length;
}

function total({ discovery, jwks }) {
  return discovery + jwks;
}

function seconds(value) {
  return value < 0.1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(1)} s`;
}
