import { describe, expect, it } from 'vitest';
import { headersOf, type NodeTarget, urlOf } from '../../../src/adapters/node-request.ts';

const target = (parts: Partial<NodeTarget> = {}): NodeTarget => ({
  headers: {},
  protocol: 'https',
  host: 'api.example.com',
  target: '/books?page=1',
  ...parts,
});

describe('urlOf', () => {
  it.each<[Partial<NodeTarget>, string | undefined]>([
    [{}, 'https://api.example.com/books?page=1'],
    [{ protocol: 'http', host: '127.0.0.1:3000' }, 'http://127.0.0.1:3000/books?page=1'],
    [{ host: '[::1]:3000' }, 'https://[::1]:3000/books?page=1'],
    [
      { host: 'API.example.com', rawHeaders: ['Host', 'api.example.com'] },
      'https://API.example.com/books?page=1',
    ],
    [{ target: '//evil.example/books' }, 'https://api.example.com//evil.example/books'],
    [{ target: '*' }, 'https://api.example.com/'],
    [{ target: 'http://api.example.com/a?b' }, 'https://api.example.com/a?b'],
    [
      { target: 'HTTP://API.example.com', rawHeaders: ['Host', 'api.example.com'] },
      'https://api.example.com/',
    ],
    [
      { target: 'http://api.example.com?b', rawHeaders: ['Host', 'api.example.com'] },
      'https://api.example.com/?b',
    ],
    [{ rawHeaders: [':authority', 'api.example.com'] }, 'https://api.example.com/books?page=1'],
  ])('is absolute where the host is clear: %j', (parts, url) => {
    expect(urlOf(target(parts))).toBe(url);
  });

  it.each<Partial<NodeTarget>>([
    { host: undefined },
    { host: '' },
    { host: ' ' },
    { host: 'a b' },
    { host: 'a, b' },
    { host: 'a/b' },
    { host: 'a?b' },
    { host: 'a#b' },
    { host: 'a\\b' },
    { host: 'user@a' },
    { host: 'a:b' },
    { host: 'a:123456' },
    { host: 'a:65536' },
    { host: '1.2.3.4.5' },
    { host: '1.2.3.256' },
    { host: '[::::]' },
    { host: 'xn--a' },
    { host: 'a:' },
    { host: 'a\n' },
    { host: 'ä' },
    { host: '[::1' },
    { host: 'a'.repeat(5_000_000) + '!' },
    { host: ['a'] as never },
    { protocol: 'ftp' },
    { protocol: 'https, http' },
    { protocol: '' },
    { rawHeaders: ['Host', 'api.example.com', 'host', 'api.example.com'] },
    { rawHeaders: ['Host', 'api.example.com', ':authority', 'other.example.com'] },
  ])('is the mere path where it is not (%#)', (parts) => {
    expect(urlOf(target(parts))).toBe('/books?page=1');
  });

  it('is the mere path where the request line names another host', () => {
    const parts = { target: 'http://evil.example/a', rawHeaders: ['Host', 'api.example.com'] };
    expect(urlOf(target(parts))).toBe('/a');
    expect(urlOf(target({ target: 'http://evil.example/a' }))).toBe('/a');
  });

  it.each(['books', 'ftp://api.example.com/', 'javascript:alert(1)', 'api.example.com:443', undefined])(
    'is nothing for %j',
    (text) => {
      expect(urlOf(target({ target: text }))).toBeUndefined();
    },
  );
});

describe('headersOf', () => {
  it('is what the framework has, as long as there is one Authorization', () => {
    const headers = { authorization: 'Bearer a' };
    expect(headersOf({ headers, rawHeaders: ['Authorization', 'Bearer b'] })).toBe(headers);
    expect(headersOf({ headers })).toBe(headers);
    expect(headersOf({ headers, rawHeaders: ['X', 'authorization', 'Y', 'authorization'] })).toBe(headers);
  });

  it('has all that were sent, where there were several', () => {
    const rawHeaders = ['AUTHORIZATION', 'Bearer a', 'Host', 'h', 'authorization', 'Basic b'];
    expect(headersOf({ headers: { authorization: 'Bearer a', host: 'h' }, rawHeaders })).toEqual({
      authorization: ['Bearer a', 'Basic b'],
      host: 'h',
    });
  });
});
