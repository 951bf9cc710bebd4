/** Interleaved rounds: what disturbs the machine for a second disturbs all sides alike. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { median } from '../common/median.mjs';

/** Many short rounds rather than few long ones: the closer two sides are in time, the more alike was the machine. */
const ROUNDS = 25;
const ROUND_MS = 20;
/** Enough for the compiler to have done its work. */
const WARM_UPS = 5;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

/**
 * @param {object} row out of `rows.mjs`
 * @param {{ name: string, verifier: object }[]} sides
 * @param {(count: number) => unknown[]} supply makes what is verified; each side gets the same, in strings of its own
 * @returns {Promise<Map<string, { wall: number[], cpu: number[] }>>} microseconds per operation, round by round
 */
export async function measure(row, sides, supply) {
  const timings = new Map(sides.map(({ name }) => [name, { wall: [], cpu: [] }]));
  const counts = new Map();
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) {
    const items = supply(Math.min(row.most, 400));
    for (const side of sides) {
      const { wall } = await timeOnce(row, side, items);
      counts.set(side, Math.round(Math.min(row.most, Math.max(64, (ROUND_MS * 1000) / wall))));
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    const items = supply(Math.max(...counts.values()));
    // Nobody is always first, or always behind the same neighbour's garbage.
    for (let turn = 0; turn < sides.length; turn++) {
      const side = sides[(turn + round) % sides.length];
      const { wall, cpu } = await timeOnce(row, side, items.slice(0, counts.get(side)));
      timings.get(side.name).wall.push(wall);
      timings.get(side.name).cpu.push(cpu);
    }
  }
  return timings;
}

async function timeOnce(row, { verifier }, items) {
  const { call, isSync, prepare } = pick(row, verifier);
  const inputs = items.map((item) => prepare(row.isRequest ? freshHeaders(item) : fresh(item)));
  collectGarbage();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  if (row.inFlight !== undefined) await allInFlight(call, inputs, row.inFlight);
  else if (isSync) oneByOneSync(call, inputs);
  else await oneByOne(call, inputs);
  const wall = (performance.now() - startedAt) * 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wall: wall / inputs.length, cpu: (user + system) / inputs.length };
}

/** A side's synchronous function where it has one; with many in flight, what does not block where it has that. */
function pick({ isRequest, inFlight }, verifier) {
  const [sync, async] = isRequest
    ? [verifier.verifyRequestSync, verifier.verifyRequest]
    : [verifier.verifySync, verifier.verify];
  const isSync = sync !== undefined && (inFlight === undefined || async === undefined);
  const prepare = (isRequest ? verifier.prepareRequest : verifier.prepare) ?? ((input) => input);
  return { call: isSync ? sync : async, isSync, prepare };
}

/** A request brings its own string, whose hash nobody has computed yet and which is equal to no other by identity. */
function fresh(text) {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function freshHeaders({ authorization, dpop }) {
  return { authorization: fresh(authorization), dpop: fresh(dpop) };
}

function oneByOneSync(call, inputs) {
  for (const input of inputs) expectSuccess(call(input));
}

async function oneByOne(call, inputs) {
  for (const input of inputs) expectSuccess(await call(input));
}

async function allInFlight(call, inputs, width) {
  let next = 0;
  const one = async () => {
    while (next < inputs.length) expectSuccess(await call(inputs[next++]));
  };
  await Promise.all(Array.from({ length: width }, one));
}

/** Also keeps the compiler from finding out that nobody needs the result. */
function expectSuccess(result) {
  if (!result) throw new Error('a good token was refused');
}

/** How much longer one side takes than another: the median over rounds of the ratio within the round. */
export function ratio({ wall }, { wall: other }) {
  return median(wall.map((microseconds, round) => microseconds / other[round]));
}
