/** Bars of microseconds, as an SVG that is read in light and in dark, and aloud. */

const WIDTH = 960;
const MARGIN = 30;
const GAP = 40;
const COLUMN = (WIDTH - 2 * MARGIN - GAP) / 2;
const LABEL = 182;
const VALUE = 62;
const BAR = COLUMN - LABEL - VALUE;
const STEP = 22;
const PANEL_HEAD = 40;
const TOP = 76;

/**
 * @param {{ title: string, note: string, panels: { title: string, bars: Bar[] }[] }} chart two panels stand side by
 *   side; each has a scale of its own, for a token that is known costs a fiftieth of one that is not
 * @typedef {{ name: string, microseconds: number, kind: 'own' | 'peer' | 'limit' }} Bar
 */
export function drawChart({ title, note, panels }) {
  const rows = [];
  for (let index = 0; index < panels.length; index += 2) rows.push(panels.slice(index, index + 2));
  let y = TOP;
  const drawn = rows.flatMap((pair) => {
    const at = y;
    y += PANEL_HEAD + STEP * Math.max(...pair.map(({ bars }) => bars.length)) + 18;
    return pair.map((panel, column) => drawPanel(panel, MARGIN + column * (COLUMN + GAP), at));
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-labelledby="title desc">
  <title id="title">${escape(title)}</title>
  <desc id="desc">
${panels.map((panel) => `    ${escape(inWords(panel))}`).join('\n')}
  </desc>
  <style>
    text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; fill: #1f2328; }
    .title { font-size: 16px; font-weight: 600; }
    .panel { font-size: 14px; font-weight: 600; }
    .muted { font-size: 12px; fill: #59636e; }
    .end { text-anchor: end; }
    .strong { font-weight: 600; }
    .card { fill: #ffffff; stroke: #d0d7de; }
    .own { fill: #1a7f37; }
    .peer { fill: #8c959f; }
    .limit { fill: none; stroke: #59636e; stroke-dasharray: 3 2; }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3; }
      .muted { fill: #9da7b3; }
      .card { fill: #0d1117; stroke: #3d444d; }
      .own { fill: #3fb950; }
      .peer { fill: #6e7681; }
      .limit { stroke: #9da7b3; }
    }
  </style>

  <!-- A background of its own: readable wherever it is shown, also when the page and the system differ in mode. -->
  <rect class="card" x="0.5" y="0.5" width="${WIDTH - 1}" height="${y - 1}" rx="8" />

  <text class="title" x="${MARGIN}" y="32">${escape(title)}</text>
  <text class="muted" x="${MARGIN}" y="54">${escape(note)}</text>
${drawn.join('\n')}
</svg>
`;
}

function drawPanel({ title, bars }, x, y) {
  const most = Math.max(...bars.map(({ microseconds }) => microseconds));
  const lines = bars.map(({ name, microseconds, kind }, index) => {
    const top = y + PANEL_HEAD - 16 + index * STEP;
    const width = Math.max(1, (BAR * microseconds) / most);
    const strong = kind === 'own' ? ' strong' : '';
    // The dashed frame of a limit is drawn on its edge, and so half a pixel further in.
    const inset = kind === 'limit' ? 0.5 : 0;
    const box = [x + LABEL + inset, top + inset, width - 2 * inset, 15 - 2 * inset].map((number) =>
      Math.max(0.5, number).toFixed(1),
    );
    return `  <text class="end${strong}" x="${x + LABEL - 8}" y="${top + 12}">${escape(name)}</text>
  <rect class="${kind}" x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}" />
  <text class="value${strong}" x="${(x + LABEL + width + 6).toFixed(1)}" y="${top + 12}">${inFigures(microseconds)}</text>`;
  });
  return `
  <text class="panel" x="${x}" y="${y + 12}">${escape(title)}</text>
${lines.join('\n')}`;
}

function inWords({ title, bars }) {
  const parts = bars.map(({ name, microseconds }) => `${name} ${inFigures(microseconds)}`);
  return `${title}: ${parts.join(', ')}.`;
}

/** Three digits at most mean something. */
export function inFigures(microseconds) {
  return microseconds < 10 ? microseconds.toFixed(1) : microseconds.toFixed(0);
}

function escape(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
