/**
 * `npm run demo`: a tenant, an intermediary API and a calendar API on 127.0.0.1, talking real HTTP. It needs no
 * account, no secret and no internet, checks what it prints, and ends with exit code 1 when something is unexpected.
 */
import { createReport } from './demo/report.mjs';
import { runDemo } from './demo/run.mjs';

const { stdout } = process;
const report = createReport({
  write: (text) => stdout.write(text),
  columns: Math.min(Math.max(stdout.columns ?? 96, 80), 110),
  colour: stdout.isTTY === true && process.env.NO_COLOR === undefined,
});

try {
  await runDemo(report);
} catch (error) {
  report.failure(error);
  process.exitCode = 1;
}
