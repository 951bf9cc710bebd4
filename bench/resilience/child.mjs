/**
 * The process of one library: makes its verifiers and verifies what the parent sends. It knows nothing of scenarios, and
 * shares nothing with the other libraries.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const { create, ...description } = await import(new URL(`sides/${process.argv[2]}.mjs`, import.meta.url));
const verifiers = new Map();

const COMMANDS = {
  create: async ({ verifier, options }) => {
    verifiers.set(verifier, await create(options));
  },
  /** All at once; the clock is read here, so that what the parent does meanwhile is not counted. */
  verify: ({ verifier, tokens, limitSeconds }) =>
    Promise.all(tokens.map((token) => attempt(verifiers.get(verifier), token, limitSeconds))),
};

async function attempt(verify, token, limitSeconds) {
  const startedAt = performance.now();
  const outcome = await Promise.race([
    verify(token).then(
      ({ sub }) => ({ accepted: typeof sub === 'string' }),
      (error) => ({ accepted: false, error: `${error.name}: ${error.message}` }),
    ),
    sleep(limitSeconds * 1000, { accepted: false, unanswered: true }, { ref: false }),
  ]);
  return { ...outcome, seconds: (performance.now() - startedAt) / 1000 };
}

process.on('message', async ({ id, command, ...argument }) => {
  try {
    process.send({ id, result: await COMMANDS[command](argument) });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
process.send({ id: 'ready', result: description });
