import { describe, expect, it } from 'vitest';
import { htuOf, normalizeHtu } from '../../../src/dpop/htu.ts';

describe('normalizeHtu', () => {
  it.each([
    ['scheme in upper case', 'HTTPS://api.example.com/a', 'https://api.example.com/a'],
    ['host in upper case', 'https://API.Example.COM/a', 'https://api.example.com/a'],
    ['default port of https', 'https://api.example.com:443/a', 'https://api.example.com/a'],
    ['default port of http', 'http://api.example.com:80/a', 'http://api.example.com/a'],
    ['empty port', 'https://api.example.com:/a', 'https://api.example.com/a'],
    ['port with leading zeros', 'https://api.example.com:00443/a', 'https://api.example.com/a'],
    ['empty path', 'https://api.example.com', 'https://api.example.com/'],
    ['empty path before a query', 'https://api.example.com?x=1', 'https://api.example.com/'],
    ['dot segments', 'https://api.example.com/a/./b/../c', 'https://api.example.com/a/c'],
    ['dot segments above the root', 'https://api.example.com/../../a', 'https://api.example.com/a'],
    ['encoded dot segments', 'https://api.example.com/a/%2e%2E/b', 'https://api.example.com/b'],
    ['dot segment at the end', 'https://api.example.com/a/.', 'https://api.example.com/a/'],
    ['encoded tilde', 'https://api.example.com/%7Euser', 'https://api.example.com/~user'],
    ['encoded letter', 'https://api.example.com/%61%5F%2D', 'https://api.example.com/a_-'],
    ['case of an encoded slash', 'https://api.example.com/a%2fb', 'https://api.example.com/a%2Fb'],
    ['case of other encodings', 'https://api.example.com/%c3%a9', 'https://api.example.com/%C3%A9'],
    ['a letter beyond ASCII in the path', 'https://api.example.com/\u00e9', 'https://api.example.com/%C3%A9'],
    ['query', 'https://api.example.com/a?b=c#d', 'https://api.example.com/a'],
    ['fragment', 'https://api.example.com/a#b', 'https://api.example.com/a'],
    [
      'a query that `fetch` sends and RFC 3986 does not know',
      'https://api.example.com/a?b=5%&c=d\\e',
      'https://api.example.com/a',
    ],
    ['empty query', 'https://api.example.com/a?', 'https://api.example.com/a'],
    ['a host beyond ASCII', 'https://b\u00fccher.example/a', 'https://xn--bcher-kva.example/a'],
    ['encoded host', 'https://%61pi.example.com/a', 'https://api.example.com/a'],
    ['IPv6 in long form', 'https://[2001:0DB8:0:0:0:0:0:1]/a', 'https://[2001:db8::1]/a'],
    ['IPv6 with default port', 'https://[::1]:443/a', 'https://[::1]/a'],
  ])('takes two URLs for equal: %s', (_title, left, right) => {
    expect(normalizeHtu(left)).toBeDefined();
    expect(normalizeHtu(left)).toBe(normalizeHtu(right));
  });

  it.each([
    ['scheme', 'http://api.example.com/a', 'https://api.example.com/a'],
    ['host', 'https://api.example.com/a', 'https://api.example.org/a'],
    ['trailing dot of the host', 'https://api.example.com./a', 'https://api.example.com/a'],
    ['port', 'https://api.example.com:8443/a', 'https://api.example.com/a'],
    ['the default port of the other scheme', 'http://api.example.com:443/a', 'http://api.example.com/a'],
    ['trailing slash', 'https://api.example.com/a/', 'https://api.example.com/a'],
    ['doubled slash', 'https://api.example.com//a', 'https://api.example.com/a'],
    ['case of the path', 'https://api.example.com/A', 'https://api.example.com/a'],
    ['encoded slash', 'https://api.example.com/a%2Fb', 'https://api.example.com/a/b'],
    ['encoded question mark', 'https://api.example.com/a%3Fb', 'https://api.example.com/a?b'],
    ['encoded percent sign', 'https://api.example.com/%2541', 'https://api.example.com/%41'],
    ['plus sign', 'https://api.example.com/a+b', 'https://api.example.com/a%20b'],
    ['encoded sub-delimiter', 'https://api.example.com/a%3Bb', 'https://api.example.com/a;b'],
    ['longer path', 'https://api.example.com/a', 'https://api.example.com/a/b'],
  ])('tells two URLs apart by %s', (_title, left, right) => {
    expect(normalizeHtu(left)).toBeDefined();
    expect(normalizeHtu(right)).toBeDefined();
    expect(normalizeHtu(left)).not.toBe(normalizeHtu(right));
  });

  it.each([
    ['user', 'https://user@api.example.com/a'],
    ['user and password', 'https://user:secret@api.example.com/a'],
    ['password alone', 'https://:secret@api.example.com/a'],
    ['an empty user', 'https://@api.example.com/a'],
    ['an empty user and password', 'https://:@api.example.com/a'],
    ['three slashes', 'https:///api.example.com/a'],
    ['four slashes', 'https:////api.example.com/a'],
    ['backslash', 'https://api.example.com\\a'],
    ['backslash in the path', 'https://api.example.com/a\\b'],
    ['backslash before a query', 'https://api.example.com\\?a'],
    ['stray percent sign in the path', 'https://api.example.com/a%'],
    ['stray percent sign before a query', 'https://api.example.com/a%?b'],
    ['leading space', ' https://api.example.com/a'],
    ['trailing line break', 'https://api.example.com/a\n'],
    ['tab within', 'https://api.exa\tmple.com/a'],
    ['carriage return within', 'https://api.example.com/a\rb'],
    ['NUL', 'https://api.example.com/\u0000'],
    ['DEL', 'https://api.example.com/\u007f'],
    ['space within', 'https://api.example.com/a b'],
    ['path alone', '/a'],
    ['host alone', 'api.example.com/a'],
    ['no scheme', '//api.example.com/a'],
    ['one slash', 'https:/api.example.com/a'],
    ['no slash', 'https:api.example.com/a'],
    ['another scheme', 'ftp://api.example.com/a'],
    ['a scheme that starts alike', 'httpsx://api.example.com/a'],
    ['data URL', 'data:text/plain,https://api.example.com/a'],
    ['no host', 'https://'],
    ['port out of range', 'https://api.example.com:65536/a'],
    ['port that is no number', 'https://api.example.com:x/a'],
    ['broken IPv6', 'https://[::1/a'],
    ['IPv6 with zone', 'https://[fe80::1%25eth0]/a'],
    ['forbidden character in the host', 'https://api<.example.com/a'],
    ['empty text', ''],
  ])('has no normal form for a URL with %s', (_title, text) => {
    expect(normalizeHtu(text)).toBeUndefined();
  });

  it.each([undefined, null, 5, {}, ['https://api.example.com/a'], new URL('https://api.example.com/a')])(
    'has no normal form for what is no string: %s',
    (value) => {
      expect(normalizeHtu(value)).toBeUndefined();
    },
  );
});

describe('htuOf', () => {
  it.each([
    ['https://API.example.com:443/a?b=c#d', 'https://api.example.com/a'],
    ['https://api.example.com', 'https://api.example.com/'],
    ['https://api.example.com/a/../b/', 'https://api.example.com/b/'],
    ['https://api.example.com/%7euser/a%2fb', 'https://api.example.com/%7euser/a%2fb'],
    ['https://api.example.com/\u00e9', 'https://api.example.com/%C3%A9'],
    ['https://api.example.com/%', 'https://api.example.com/%'],
    ['http://[::1]:8080/a', 'http://[::1]:8080/a'],
  ])('writes %s as fetch sends it', (url, htu) => {
    expect(htuOf(url)).toBe(htu);
    expect(htuOf(htu)).toBe(htu);
    // Whoever normalises both sides comes to the same.
    expect(normalizeHtu(htu)).toBe(normalizeHtu(url));
  });

  it.each([
    undefined,
    null,
    7,
    {},
    '',
    '/a',
    '//api.example.com/a',
    'ftp://api.example.com/a',
    'https:///a',
    'https://user@api.example.com/a',
    'https://:@api.example.com/a',
    'https://api.example.com/a b',
    'https://api.example.com\\a',
    ' https://api.example.com/a',
    'https://api.example.com/a\n',
    'https://api.example.com:99999/a',
  ])('has none of %j', (url) => {
    expect(htuOf(url)).toBeUndefined();
  });
});
