import { describe, expect, it } from 'vitest';
import { readHttpsUrl, issuerOfDomain } from '../../../src/issuer/domain.ts';

describe('issuerOfDomain', () => {
  it.each([
    ['tenant.us.auth0.com', 'https://tenant.us.auth0.com/'],
    ['TENANT.us.Auth0.com', 'https://tenant.us.auth0.com/'],
    ['  tenant.us.auth0.com\n', 'https://tenant.us.auth0.com/'],
    ['tenant.us.auth0.com/', 'https://tenant.us.auth0.com/'],
    ['https://tenant.us.auth0.com', 'https://tenant.us.auth0.com/'],
    ['https://TENANT.us.auth0.com/', 'https://tenant.us.auth0.com/'],
    ['HTTPS://tenant.us.auth0.com/', 'https://tenant.us.auth0.com/'],
    ['https://tenant.us.auth0.com:443/', 'https://tenant.us.auth0.com/'],
    ['tenant.us.auth0.com:443', 'https://tenant.us.auth0.com/'],
    ['tenant.example.com:8443', 'https://tenant.example.com:8443/'],
    ['localhost:3000', 'https://localhost:3000/'],
    ['localhost', 'https://localhost/'],
    ['https', 'https://https/'],
    ['[::1]:8443', 'https://[::1]:8443/'],
    ['b\u00fccher.example', 'https://xn--bcher-kva.example/'],
    ['xn--bcher-kva.example', 'https://xn--bcher-kva.example/'],
  ])('makes an issuer of %j', (domain, issuer) => {
    expect(issuerOfDomain(domain)).toBe(issuer);
  });

  it('maps an issuer to itself', () => {
    const issuer = 'https://tenant.us.auth0.com/';
    expect(issuerOfDomain(issuer)).toBe(issuer);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \t\n '],
    ['http', 'http://tenant.us.auth0.com/'],
    ['another scheme', 'ftp://tenant.us.auth0.com/'],
    ['a scheme in front of the scheme', 'http://https://tenant.us.auth0.com/'],
    ['a scheme without slashes', 'https:tenant.us.auth0.com'],
    ['a user', 'user@tenant.us.auth0.com'],
    ['a password', 'https://user:secret@tenant.us.auth0.com/'],
    ['a host hidden behind a user', 'https://tenant.us.auth0.com@evil.example/'],
    ['an encoded user', 'https://tenant.us.auth0.com%40evil.example/'],
    ['a path', 'tenant.us.auth0.com/path'],
    ['a path of an https URL', 'https://tenant.us.auth0.com/path/'],
    ['two slashes behind', 'https://tenant.us.auth0.com//'],
    ['a path before the host', '//tenant.us.auth0.com'],
    ['three slashes', 'https:///tenant.us.auth0.com/'],
    ['a colon without port', 'tenant.us.auth0.com:'],
    ['a query', 'https://tenant.us.auth0.com/?a=b'],
    ['an empty query', 'tenant.us.auth0.com?'],
    ['a fragment', 'https://tenant.us.auth0.com/#a'],
    ['an empty fragment', 'tenant.us.auth0.com#'],
    ['a backslash', 'https://tenant.us.auth0.com\\evil.example'],
    ['a space within', 'tenant .us.auth0.com'],
    ['a tab within', 'tenant\t.us.auth0.com'],
    ['a line break within', 'tenant.us.\nauth0.com'],
    ['NUL', 'tenant.us.auth0.com\u0000'],
    ['an encoded letter', 'ten%61nt.us.auth0.com'],
    ['a port out of range', 'tenant.us.auth0.com:65536'],
    ['a port that is no number', 'tenant.us.auth0.com:port'],
    ['no host', 'https://'],
    ['no host but a port', 'https://:443/'],
    ['a forbidden character', 'ten<ant.us.auth0.com'],
    ['a wildcard within brackets', '[*].auth0.com'],
    ['several hosts', 'one.example, two.example'],
    ['excessive length', `${'a'.repeat(60)}.`.repeat(6)],
  ])('refuses %s', (_title, domain) => {
    expect(issuerOfDomain(domain)).toBeUndefined();
  });

  it.each([undefined, null, 5, true, {}, ['tenant.us.auth0.com'], new URL('https://tenant.us.auth0.com/')])(
    'refuses what is no string: %s',
    (domain) => {
      expect(issuerOfDomain(domain)).toBeUndefined();
    },
  );
});

describe('readHttpsUrl', () => {
  it.each([
    ['https://tenant.example.com/jwks.json', 'https://tenant.example.com/jwks.json'],
    ['https://tenant.example.com:8443/a?b=c', 'https://tenant.example.com:8443/a?b=c'],
    ['HTTPS://Tenant.example.com', 'https://tenant.example.com/'],
  ])('reads %j as %s', (text, url) => {
    expect(readHttpsUrl(text)).toBe(url);
  });

  it.each([
    'http://tenant.example.com/jwks.json',
    'https://user@tenant.example.com/',
    'https://:secret@tenant.example.com/',
    'https:///tenant.example.com/jwks.json',
    'https:\\\\tenant.example.com\\jwks.json',
    'https://tenant.example.com/\\jwks.json',
    ' https://tenant.example.com/',
    'https://tenant.example.com/a b',
    '//tenant.example.com/',
    '/jwks.json',
    'tenant.example.com',
    'file:///etc/passwd',
    'data:application/json,{}',
    'javascript:0',
    '',
    undefined,
    null,
    5,
  ])('does not read %j', (text) => {
    expect(readHttpsUrl(text)).toBeUndefined();
  });
});
