/** Real time, not the injected clock: what is measured is how long a caller waited. */
export function startStopwatch(): () => number {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}
