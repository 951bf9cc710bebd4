import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const charts = readdirSync(`${root}docs/images`).filter((name) => name.startsWith('performance-'));

describe('docs/performance.md', () => {
  it('shows the results that the benchmarks have written', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/page/run.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('has a chart for each Node in its tables', () => {
    const page = readFileSync(`${root}docs/performance.md`, 'utf8');
    const majors = [...page.matchAll(/^### Node (\d+)$/gm)].map(([, major = '']) => major);
    expect(majors.length).toBeGreaterThan(0);
    expect(charts).toEqual(majors.map((major) => `performance-${major}.svg`));
  });

  it.each(charts)('tells in words what %s draws', (name) => {
    const svg = readFileSync(`${root}docs/images/${name}`, 'utf8');
    const described = /<desc[^>]*>([^]*)<\/desc>/.exec(svg)?.[1] ?? '';
    const values = [...svg.matchAll(/<text class="value[^"]*"[^>]*>([\d.]+)<\/text>/g)];
    expect(values.length).toBeGreaterThan(10);
    for (const [, value = ''] of values) expect(described).toContain(` ${value}`);
    expect(svg.match(/<rect class="own"/g)).toHaveLength(4);
  });
});
