import { context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { expect } from 'vitest';
import type { AccessTokenClaims, AuditContext } from 'auth0-api-ts';
import { AUDIENCE, type World } from '../world.ts';
import type { Outcomes } from './outcome.ts';

type Handler = (request: Request) => Promise<Response>;
type Audit = (action: string, claims: AccessTokenClaims | undefined, context?: AuditContext) => void;

const CLAIMS: AccessTokenClaims = {
  iss: 'https://your-tenant.us.auth0.com/',
  sub: 'auth0|alice',
  aud: AUDIENCE,
  exp: 2,
  iat: 1,
  azp: 'web-app',
  act: { sub: 'calendar-mcp', act: { sub: 'agent\n1' } },
};

async function ask(world: World, handle: Handler, token: Parameters<World['bearer']>[0]): Promise<Response> {
  const url = `${AUDIENCE}/events?access_token=secret`;
  return await handle(new Request(url, { method: 'POST', headers: await world.bearer(token) }));
}

/** Makes a span the active one, and keeps what it is told. */
function recordSpan(): unknown[] {
  const told: unknown[] = [];
  const span = trace.wrapSpanContext({ traceId: '0', spanId: '0', traceFlags: 0 });
  const recording: Span = Object.assign(Object.create(span) as Span, {
    setAttributes: (attributes: object) => {
      told.push(attributes);
      return recording;
    },
  });
  const active = trace.setSpan(ROOT_CONTEXT, recording);
  context.disable();
  context.setGlobalContextManager({
    active: () => active,
    with: (_context, run, that, ...values) => run.call(that as never, ...values),
    bind: (_context, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  return told;
}

let told: unknown[] = [];

export const delegation: Outcomes = {
  'Who may act': async (world, { deleteEvent }: { deleteEvent: Handler }) => {
    expect((await ask(world, deleteEvent, { act: ['calendar-mcp', 'stranger'] })).status).toBe(204);
    for (const act of [['mail-mcp'], ['stranger', 'calendar-mcp'], []]) {
      const refused = await ask(world, deleteEvent, { act });
      expect(refused.status).toBe(403);
      expect(refused.headers.get('www-authenticate')).not.toContain('scope="');
    }
    expect(world.logged.map(([reason]) => reason)).toEqual([
      'actor_not_allowed',
      'actor_not_allowed',
      'actor_missing',
    ]);
  },

  'An audit record': async (world, { createEvent }: { createEvent: Handler }) => {
    const scope = 'create:events';
    const token = { sub: 'auth0|alice', scope };
    const request = { method: 'POST', url: `${AUDIENCE}/events` };
    const statuses: number[] = [];
    for (const act of [['calendar-mcp', 'agent-1'], ['agent-1']]) {
      statuses.push((await ask(world, createEvent, { ...token, act })).status);
    }
    statuses.push((await ask(world, createEvent, { ...token, expiresInSeconds: -60 })).status);
    expect(statuses).toEqual([201, 403, 401]);

    const records = world.logged.map(([line]): unknown => JSON.parse(String(line)));
    const common = { action: 'event.create', request };
    expect(records).toEqual([
      expect.objectContaining({ ...common, user: 'auth0|alice', actor: 'calendar-mcp', outcome: 'allowed' }),
      expect.objectContaining({
        ...common,
        actor: 'agent-1',
        outcome: 'denied',
        error: { code: 'insufficient_scope', reason: 'actor_not_allowed', statusCode: 403 },
      }),
      expect.objectContaining({
        ...common,
        chain: [],
        outcome: 'denied',
        error: { code: 'invalid_token', reason: 'token_expired', statusCode: 401 },
      }),
    ]);
    expect(JSON.stringify(records)).not.toContain('secret');
  },

  pino: (_world, { createAudit }: { createAudit: (logger: pino.Logger) => Audit }) => {
    const lines: unknown[] = [];
    const write = (line: string) => {
      lines.push(JSON.parse(line));
    };
    const audit = createAudit(pino({}, { write }));
    audit('event.read', CLAIMS, { outcome: 'allowed' });
    audit('event.read', undefined, { outcome: 'denied' });
    expect(lines).toMatchObject([
      {
        level: 30,
        log: 'audit',
        action: 'event.read',
        user: 'auth0|alice',
        chain: [{ sub: 'calendar-mcp' }, { sub: 'agent\\u{a}1' }],
        msg: 'event.read by auth0|alice <- calendar-mcp <- "agent\\u{a}1"',
      },
      { level: 40, outcome: 'denied', msg: 'event.read by (unknown)' },
    ]);
  },

  OpenTelemetry: {
    before: () => {
      told = recordSpan();
    },
    after: (_world, { describeCaller }: { describeCaller: (claims: AccessTokenClaims) => void }) => {
      describeCaller(CLAIMS);
      expect(told).toEqual([
        {
          'enduser.id': 'auth0|alice',
          'auth.client': 'web-app',
          'auth.actor': 'calendar-mcp',
          'auth.delegation.chain': 'auth0|alice <- calendar-mcp <- "agent\\u{a}1"',
          'auth.delegation.depth': 2,
          'auth.delegation.malformed': false,
        },
      ]);
    },
  },
};
