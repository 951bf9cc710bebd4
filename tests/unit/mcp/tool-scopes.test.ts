import { describe, expect, it } from 'vitest';
import { scopesOfToolCalls, type ToolScopes } from '../../../src/mcp/tool-scopes.ts';
import { expectToBe, misconfigured, thrownBy } from '../../support/assert-rejects.ts';
import { jsonObject } from '../../support/scenario.ts';

const TABLE = { 'next-event': 'calendar:read', 'add-event': ['calendar:read', 'calendar:write'] };
const ALL = ['calendar:read', 'calendar:write'];
const call = (name: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } });

describe('scopesOfToolCalls', () => {
  it.each<[string, unknown, string[]]>([
    ['a call of a tool', call('next-event'), ['calendar:read']],
    ['a call of a tool with several', call('add-event'), ALL],
    ['a call of a tool that needs none', call('whoami'), []],
    ['another request', { jsonrpc: '2.0', id: 1, method: 'tools/list' }, []],
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }, []],
    ['a response', { jsonrpc: '2.0', id: 1, result: { method: 'tools/call' } }, []],
    ['an empty batch', [], []],
    ['a batch, once each', [call('whoami'), call('next-event'), call('next-event'), call('add-event')], ALL],
  ])('finds what %s needs', (_, message, expected) => {
    expect(scopesOfToolCalls(message, TABLE)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an unread body', {}],
    ['a text', JSON.stringify(call('next-event'))],
    ['another protocol', { ...call('whoami'), jsonrpc: '1.0' }],
    ['a batch in a batch', [[call('next-event')]]],
    ['a hole in a batch', new Array(1)],
    ['a call of no tool', { jsonrpc: '2.0', method: 'tools/call' }],
    ['a call whose name is a list', call(['whoami'])],
    ['a call with params in a list', { jsonrpc: '2.0', method: 'tools/call', params: ['whoami'] }],
  ])('demands the scopes of all tools for %s', (_, message) => {
    expect(scopesOfToolCalls(message, TABLE)).toEqual(ALL);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'knows no tool %s by itself',
    (name) => {
      expect(scopesOfToolCalls(call(name), TABLE)).toEqual([]);
    },
  );

  it('knows such a tool when it is named', () => {
    const table = jsonObject('{ "__proto__": "calendar:read" }') as ToolScopes;
    expect(scopesOfToolCalls(call('__proto__'), table)).toEqual(['calendar:read']);
  });

  it.each<[string, unknown]>([
    ['no table', undefined],
    ['a list', [['next-event', 'calendar:read']]],
    ['a blank text', { 'next-event': ' ' }],
    ['a number', { 'next-event': 7 }],
    ['a scope with a quote', { 'next-event': ['calendar"read'] }],
    ['a scope with a blank in a list', { 'next-event': ['calendar read'] }],
    ['what no resource asks for', { 'next-event': 'offline_access' }],
  ])('refuses %s', async (_, table) => {
    const error = thrownBy(() => scopesOfToolCalls(call('next-event'), table as ToolScopes));
    await expectToBe(error, misconfigured);
  });
});
