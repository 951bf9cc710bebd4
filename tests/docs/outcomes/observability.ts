import { createNoopMeter, metrics } from '@opentelemetry/api';
import { pino } from 'pino';
import { expect } from 'vitest';
import type { ApiClient } from 'auth0-api-ts';
import type { Outcomes } from './outcome.ts';

interface Measurement {
  readonly instrument: string;
  readonly value: number;
  readonly attributes: unknown;
}

/** A meter that keeps what instruments are told. */
function recordMeasurements(): Measurement[] {
  const measurements: Measurement[] = [];
  const keep = (instrument: string) => (value: number, attributes: unknown) => {
    measurements.push({ instrument, value, attributes });
  };
  const meter = createNoopMeter();
  meter.createCounter = (name) => ({ add: keep(name) });
  meter.createHistogram = (name) => ({ record: keep(name) });
  metrics.disable();
  metrics.setGlobalMeterProvider({ getMeter: () => meter });
  return measurements;
}

let measurements: Measurement[] = [];

export const observability: Outcomes = {
  Observability: async (world, { client }: { client: ApiClient }) => {
    world.tenant().fail('discovery', 500);
    await expect(client.verifyRequest({ headers: await world.bearer() })).rejects.toMatchObject({
      reason: 'discovery_unavailable',
    });
    expect(world.logged).toEqual([
      [expect.stringMatching(/^https:\/\/your-tenant\.us\.auth0\.com\/: LoadFailure: GET .* answered 500$/)],
    ]);
  },
  OpenTelemetry: {
    before: () => {
      measurements = recordMeasurements();
    },
    after: async (world, { client }: { client: ApiClient }) => {
      await client.verifyRequest({ headers: await world.bearer() });
      await client.verifyRequest({ headers: {} }).catch(() => undefined);
      expect(measurements.filter(({ instrument }) => instrument === 'auth.events')).toEqual(
        [
          { type: 'document_fetched', reason: undefined },
          { type: 'document_fetched', reason: undefined },
          { type: 'token_verified', reason: undefined },
          { type: 'token_rejected', reason: 'missing_credentials' },
        ].map((attributes) => ({ instrument: 'auth.events', value: 1, attributes })),
      );
      expect(measurements.filter(({ instrument }) => instrument === 'auth.duration')).toHaveLength(4);
    },
  },
  pino: async (world, { createClient }: { createClient: (logger: pino.Logger) => ApiClient }) => {
    const lines: unknown[] = [];
    const write = (line: string) => {
      lines.push(JSON.parse(line));
    };
    const client = createClient(pino({ level: 'info' }, { write }));
    await client.verifyRequest({ headers: await world.bearer() });
    await client.verifyRequest({ headers: {} }).catch(() => undefined);
    expect(lines).toMatchObject([{ level: 40, msg: 'token_rejected', reason: 'missing_credentials' }]);
  },
};
