import { describe, expect, it } from 'vitest';
import { readNoProxy } from '../../../src/undici/no-proxy.ts';

const isDirect = (list: string, hostname: string, port = 443) =>
  readNoProxy(list.split(','))?.(hostname, port);

describe('a list of hosts without a proxy', () => {
  it.each<[list: string, hostname: string, expected: boolean]>([
    ['', 'example.com', false],
    [' , ,', 'example.com', false],
    ['*', 'example.com', true],
    ['*', '::1', true],
    ['example.com', 'example.com', true],
    ['example.com', 'a.b.example.com', true],
    ['example.com', 'notexample.com', false],
    ['example.com', 'example.com.evil.net', false],
    ['example.com', 'com', false],
    ['EXAMPLE.com', 'Example.COM', true],
    ['example.com.', 'example.com', true],
    ['example.com', 'example.com.', true],
    ['.example.com', 'a.example.com', true],
    ['.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', true],
    ['*.example.com', 'example.com', false],
    ['localhost', 'localhost', true],
    ['localhost', '127.0.0.1', false],
    [' a.com ,b.com', 'b.com', true],
    ['bücher.example', 'xn--bcher-kva.example', true],
    ['.Bücher.example', 'a.xn--bcher-kva.example', true],
    ['my_host', 'my_host', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.11', false],
    ['127.0.0.1', 'a.127.0.0.1', false],
    ['10.0.0.0/8', '10.255.0.3', true],
    ['10.0.0.0/8', '11.0.0.3', false],
    ['10.0.0.0/8', '10.example.com', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['::1', '::1', true],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['[::1]', '::1', true],
    ['fd00::/8', 'fd12::1', true],
    ['fd00::/8', 'fe80::1', false],
  ])('%j: %s is reached directly: %s', (list, hostname, expected) => {
    expect(isDirect(list, hostname)).toBe(expected);
  });

  it.each<[list: string, hostname: string, port: number, expected: boolean]>([
    ['example.com:8443', 'example.com', 8443, true],
    ['example.com:8443', 'a.example.com', 8443, true],
    ['example.com:8443', 'example.com', 443, false],
    ['127.0.0.1:80', '127.0.0.1', 80, true],
    ['127.0.0.1:80', '127.0.0.1', 81, false],
    ['[::1]:80', '::1', 80, true],
    ['[::1]:80', '::1', 443, false],
    ['*:80', 'example.com', 80, false],
  ])('%j: %s at port %d is reached directly: %s', (list, hostname, port, expected) => {
    expect(isDirect(list, hostname, port) ?? false).toBe(expected);
  });

  it.each([
    'http://example.com',
    'example.com/path',
    'user@example.com',
    'a b',
    'a..b:c',
    'example.com:0',
    'example.com:65536',
    'example.com:-1',
    'ex*mple.com',
    '*.*',
    '.',
    '*.',
    '[example.com]',
    '[127.0.0.1]',
    '[::1',
    '10.0.0.0/33',
    '::/129',
    '1:2:3',
    'a\u0000/8',
  ])('with %j is none', (entry) => {
    expect(readNoProxy(['example.com', entry])).toBeUndefined();
  });
});
