/**
 * A fresh process: loads one library and, when it is given something to verify, verifies that. It writes a line of JSON
 * for each thing that is done, and then ends, if nothing keeps it from that.
 *
 *   node child.mjs <name of a file in sides> [<which of its ways> <task>]
 */
import { writeSync } from 'node:fs';

/** Node and its libraries tidy up in the next turns of the loop; what is still there after this was meant to stay. */
const SETTLING_MS = 50;

const [side, way, task] = process.argv.slice(2);
const { load, ways } = await import(`./sides/${side}.mjs`);

const startedAt = performance.now();
const library = await load();
tell({ importMs: performance.now() - startedAt });

if (task !== undefined) {
  const { good, hostile, ...options } = JSON.parse(task);
  const createdAt = performance.now();
  const verify = await ways[way].create(library, options);
  const isAccepted = await accepts(good);
  tell({ isAccepted, verifyMs: performance.now() - createdAt });

  // From here on nothing is timed. A side that checks nothing would be quick in everything else.
  const wrong = [];
  for (const [what, token] of Object.entries(hostile)) if (await accepts(token)) wrong.push(what);
  tell({ wrong, isAcceptedAgain: await accepts(good) });

  async function accepts(token) {
    try {
      return typeof (await verify(token)).sub === 'string';
    } catch {
      return false;
    }
  }
}

await new Promise((resolve) => {
  setTimeout(resolve, SETTLING_MS);
});
tell({ left: process.getActiveResourcesInfo() });

/** At once, and without the stream behind `process.stdout`, which would take its time and stay. */
function tell(what) {
  writeSync(1, `${JSON.stringify(what)}\n`);
}
