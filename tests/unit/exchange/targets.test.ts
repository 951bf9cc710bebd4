import { describe, expect, it } from 'vitest';
import { readDetails, readUris } from '../../../src/exchange/targets.ts';
import { json, onBehalfOf, rejectionOf, setUp } from './support.ts';

const refusal = { problem: expect.any(String) as string };

function nested(levels: number): object {
  let value: object = { type: 'innermost' };
  for (let level = 0; level < levels; level += 1) value = { type: 'a', member: value };
  return value;
}

describe('readUris', () => {
  it.each([
    'https://api.example.com',
    'https://api.example.com/v1/books?shelf=a%20b',
    'urn:example:api',
    'HTTPS://API.example.com',
    'mcp+x://host:8080/a',
    'https://[::1]:8080/',
  ])('takes %s as it is', (uri) => {
    expect(readUris(uri)).toEqual({ value: [uri] });
    expect(readUris([uri, uri])).toEqual({ value: [uri, uri] });
  });

  it.each([
    ['a fragment', 'https://api.example.com/#a'],
    ['an empty fragment', 'https://api.example.com/#'],
    ['no scheme', 'api.example.com'],
    ['a path only', '/api'],
    ['only a scheme', 'https:'],
    ['no host', 'https://'],
    ['blanks around it', ' https://api.example.com'],
    ['a line break in it', 'https://api.example.com/\n'],
    ['a letter outside ASCII', 'https://bücher.example'],
    ['quotes', 'https://a.example/"b"'],
    ['too much', `https://a.example/${'x'.repeat(2048)}`],
    ['nothing', ''],
    ['null', null],
    ['a number', 7],
    ['a URL object', new URL('https://a.example')],
    ['an empty list', []],
    ['a list with a hole', new Array(1)],
    ['a list with a wrong one', ['https://a.example', 'b']],
    ['a list in a list', [['https://a.example']]],
    ['too many', Array.from({ length: 21 }, () => 'https://a.example')],
  ])('refuses %s', (_title, value) => {
    expect(readUris(value)).toEqual(refusal);
  });
});

describe('readDetails', () => {
  it('writes JSON', () => {
    const details = [
      { type: 'payment', amount: { value: '12', currency: 'EUR' }, tags: ['a', null, true, 1.5] },
    ];
    expect(readDetails(details)).toEqual({ value: [JSON.stringify(details)] });
    expect(readDetails([{ type: 'a', gone: undefined }])).toEqual({ value: ['[{"type":"a"}]'] });
    expect(readDetails([nested(18)])).toHaveProperty('value');
  });

  const circular: Record<string, unknown> = { type: 'a' };
  circular.self = circular;
  it.each<[string, unknown]>([
    ['null', null],
    ['text', '[{"type":"a"}]'],
    ['an object', { type: 'a' }],
    ['an empty list', []],
    ['a hole', new Array(1)],
    ['a list of texts', ['a']],
    ['a list of lists', [[{ type: 'a' }]]],
    ['no type', [{ actions: ['a'] }]],
    ['an empty type', [{ type: ' ' }]],
    ['a type that is no text', [{ type: 1 }]],
    ['a type that is inherited', [Object.create({ type: 'a' })]],
    ['a cycle', [circular]],
    ['a depth of 21', [nested(20)]],
    ['a depth beyond the stack', [nested(200_000)]],
    ['a function', [{ type: 'a', f: () => 1 }]],
    ['a symbol', [{ type: 'a', s: Symbol('s') }]],
    ['a bigint', [{ type: 'a', n: 1n }]],
    ['NaN, which would become null', [{ type: 'a', n: Number.NaN }]],
    ['undefined in a list, which would become null', [{ type: 'a', actions: ['read', undefined] }]],
    ['a hole in a list', [{ type: 'a', actions: new Array(1) }]],
    ['a Map, which would become empty', [{ type: 'a', limits: new Map([['amount', 1]]) }]],
    ['a Set', [{ type: 'a', actions: new Set(['read']) }]],
    ['bytes', [{ type: 'a', bytes: new Uint8Array(2) }]],
    ['more than 64 KiB', [{ type: 'a', text: 'x'.repeat(65_536) }]],
    ['too many', Array.from({ length: 101 }, () => ({ type: 'a' }))],
    [
      'a getter that throws',
      [
        {
          get type(): string {
            throw new Error('no');
          },
        },
      ],
    ],
    ['a toJSON that hides the type', [{ type: 'a', toJSON: () => ({}) }]],
  ])('refuses %s', (_title, value) => {
    expect(readDetails(value)).toEqual(refusal);
  });
});

describe('on the wire', () => {
  it('resources repeat their field and details are one JSON text', async () => {
    const { exchange, sent } = setUp();
    await exchange.onBehalfOf({
      ...onBehalfOf,
      resource: ['https://a.example', 'https://b.example'],
      authorizationDetails: [{ type: 'a', locations: ['https://a.example'] }],
      organization: 'org_1',
    });
    expect(sent[0]?.fields.slice(5)).toEqual([
      ['resource', 'https://a.example'],
      ['resource', 'https://b.example'],
      ['authorization_details', '[{"type":"a","locations":["https://a.example"]}]'],
      ['organization', 'org_1'],
    ]);
  });

  it.each(['authorization_details', 'Authorization_Details', 'authorization_details[]'])(
    '%s in extra is refused beside the option, and sent without it',
    async (name) => {
      const { exchange, sent } = setUp(() => json({ access_token: 'a' }));
      const profile = { subjectToken: 's', subjectTokenType: 't', extra: { [name]: '[]' } };
      const both = { ...profile, authorizationDetails: [{ type: 'a' }] };
      expect(await rejectionOf(exchange.byProfile(both))).toMatchObject({ reason: 'reserved_parameter' });
      await exchange.byProfile(profile);
      expect(sent).toHaveLength(1);
    },
  );
});
