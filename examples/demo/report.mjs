/** Everything the demo prints: sections, timed steps, headers wrapped at their parameters. */

/**
 * @typedef {ReturnType<typeof createReport>} Report
 * @param {{ write: (text: string) => unknown, columns: number, colour: boolean }} options
 */
export function createReport({ write, columns, colour }) {
  const style = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const [bold, dim, red] = [style(1), style(2), style(31)];
  const line = (text = '') => write(`${text}\n`);
  let lastAudit;
  let heldAudit;

  return {
    title: (text) => line(`${bold(text)}\n`),
    section: (text) => line(`\n${bold(text)}\n`),
    fact: (name, ...columns) =>
      line(`  ${[name.padEnd(14), ...columns.map((text) => text.padEnd(36))].join('').trimEnd()}`),
    note: (text) => line(dim(`    ${text}`)),

    /**
     * @template T
     * @param {[name: string, detail?: string]} label
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    timed: async ([name, detail = ''], work) => {
      const startedAt = performance.now();
      const result = await work();
      const took = `${(performance.now() - startedAt).toFixed(1)} ms`.padStart(10);
      const status = result instanceof Response ? String(result.status) : '';
      line(`${`  ${name.padEnd(22)}${detail}`.padEnd(columns - 15)}${bold(status.padEnd(3))} ${dim(took)}`);
      if (heldAudit !== undefined) {
        line(`    audit log of the calendar API: ${heldAudit.line}`);
        for (const row of wrapJson(heldAudit.record, columns - 6)) line(dim(`      ${row}`));
      }
      heldAudit = undefined;
      return result;
    },

    header: (name, value) => {
      const rows = wrap(value, columns - 6);
      if (rows.length === 1) return line(`    ${name}: ${value}`);
      line(`    ${name}:`);
      for (const row of rows) line(`      ${row}`);
    },

    /**
     * An entry of the audit log, for people and as data, printed below the step that caused it.
     *
     * @param {string} chain
     * @param {import('auth0-api-ts').AuditRecord} record
     */
    audit: (chain, record) => {
      lastAudit = { line: chain, record };
      heldAudit = lastAudit;
    },
    lastAudit: () => lastAudit,

    failure: (error) =>
      line(red(`\nThis was not expected. ${error instanceof Error ? error.stack : String(error)}`)),
  };
}

/** Breaks JSON between its members. */
function wrapJson(value, columns) {
  const rows = [''];
  for (const part of JSON.stringify(value).split(/(?<=,)(?=["{])/)) {
    if (`${rows.at(-1)}${part}`.length > columns) rows.push('');
    rows[rows.length - 1] += part;
  }
  return rows;
}

/** Breaks a header between its parameters, and starts each challenge on a row of its own. */
function wrap(value, columns) {
  const rows = [];
  for (const part of value.split(/(?<=,) /)) {
    const isChallenge = /^[A-Za-z]+ [a-z_]+=/.test(part);
    const extended = `${rows.at(-1)} ${part}`;
    if (rows.length === 0 || isChallenge || extended.length > columns) rows.push(part);
    else rows[rows.length - 1] = extended;
  }
  return rows;
}
