/** The results of the benchmarks as they lie in their folders; what was never measured is not there. */
import { readFileSync } from 'node:fs';

const BENCH = new URL('../', import.meta.url);
const MAJORS = [20, 22, 24];

/**
 * What `npm run speed` has written, by major version of Node, the lowest first.
 *
 * @returns {{ major: number, run: object, rows: object[] }[]} `run` says where and with what it was measured
 */
export function readSpeed() {
  return MAJORS.flatMap((major) => {
    const text = read(`speed/results-${major}.jsonl`);
    if (text === undefined) return [];
    const [{ run }, ...rows] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    if (run === undefined) throw new Error(`bench/speed/results-${major}.jsonl does not say what was run`);
    return [{ major, run, rows }];
  });
}

/** A section of a written report, without its heading; its own headings would not fit the page. */
export function readSection(file, heading) {
  const [, body] = read(file)?.split(`\n## ${heading}\n`) ?? [];
  return body?.split('\n## ')[0].trim();
}

/** The paragraph under the title of a report: when and on what it was written. */
export function readPreamble(file) {
  return read(file)?.split('\n\n')[1];
}

/** All that stands between the title of a report and its first section. */
export function readIntroduction(file) {
  return read(file)?.split('\n## ')[0].split('\n').slice(1).join('\n').trim();
}

function read(file) {
  try {
    return readFileSync(new URL(file, BENCH), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
