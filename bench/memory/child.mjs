/**
 * One scenario in a process of its own. It writes a line of JSON for each step of the curve.
 *
 *   node --expose-gc child.mjs <name of a scenario> <how many requests> <how many a step>
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { scenarios } from './scenarios.mjs';

const [name, total, step] = process.argv.slice(2);
const scenario = scenarios[name];
const clock = scenario.clock();
const { send, checkRefusals } = scenario.create(clock);
await checkRefusals();
await tell(0);
for (let count = 1; count <= Number(total); count++) {
  if ((await send(count)) === null) throw new Error('no answer');
  clock.tick();
  if (count % Number(step) === 0) await tell(count);
}

async function tell(count) {
  // Twice, with a turn of the loop between: what a finalizer lets go is collected by the second.
  for (let time = 0; time < 2; time++) {
    await nextTurn();
    globalThis.gc();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ count, heapUsed, external, rss })}\n`);
}
