import { describe, expect, it } from 'vitest';
import { discoveryUrl, parseCopiedMetadata, parseMetadata } from '../../../src/issuer/discovery.ts';
import { LoadFailure } from '../../../src/issuer/load-failure.ts';
import { causeOf, thrownBy } from '../platform/refusal.ts';

const ISSUER = 'https://tenant.example.com/';
const good = { issuer: ISSUER, jwks_uri: `${ISSUER}jwks.json`, token_endpoint: `${ISSUER}oauth/token` };
const ALIAS = 'https://mtls.tenant.example.com/oauth/token';

describe('discoveryUrl', () => {
  it('is the well-known path of the issuer', () => {
    expect(discoveryUrl(ISSUER)).toBe('https://tenant.example.com/.well-known/openid-configuration');
  });
});

describe('parseMetadata', () => {
  it('reads what is needed and ignores the rest', () => {
    expect(parseMetadata(ISSUER, { ...good, scopes_supported: ['openid'], userinfo_endpoint: 5 })).toEqual({
      issuer: ISSUER,
      jwksUri: `${ISSUER}jwks.json`,
      tokenEndpoint: `${ISSUER}oauth/token`,
      mtlsTokenEndpoint: `${ISSUER}oauth/token`,
    });
  });

  it.each([
    [undefined, `${ISSUER}oauth/token`],
    [{}, `${ISSUER}oauth/token`],
    [{ token_endpoint: ALIAS }, ALIAS],
    [{ token_endpoint: 'http://mtls.tenant.example.com/oauth/token' }, undefined],
    [{ token_endpoint: null }, undefined],
    ['text', undefined],
    [[ALIAS], undefined],
    [null, undefined],
  ])('takes the endpoint for clients with a certificate from %j', (mtls_endpoint_aliases, expected) => {
    const metadata = parseMetadata(ISSUER, { ...good, mtls_endpoint_aliases });
    expect(metadata.mtlsTokenEndpoint).toBe(expected);
    expect(metadata.tokenEndpoint).toBe(`${ISSUER}oauth/token`);
  });

  it('does without a token endpoint', () => {
    const { issuer, jwks_uri } = good;
    expect(parseMetadata(ISSUER, { issuer, jwks_uri }).tokenEndpoint).toBeUndefined();
  });

  it('keeps the spelling of an issuer without its slash, because tokens must match it', () => {
    expect(parseMetadata(ISSUER, { ...good, issuer: 'https://tenant.example.com' }).issuer).toBe(
      'https://tenant.example.com',
    );
  });

  it.each([
    'https://evil.example/',
    'https://TENANT.example.com/',
    'https://tenant.example.com//',
    'https://tenant.example.com/other/',
    'http://tenant.example.com/',
    ' https://tenant.example.com/',
    '',
    'x'.repeat(100_000),
  ])('fails when the document names another issuer (%#)', (issuer) => {
    const error = thrownBy(() => parseMetadata(ISSUER, { ...good, issuer }));
    expect(error).toBeInstanceOf(LoadFailure);
    expect(error).toMatchObject({
      message: `the metadata of ${ISSUER} names another issuer`,
      withdrawn: false,
    });
    expect(causeOf(error)).toEqual({ expected: ISSUER, actual: issuer.slice(0, 300) });
  });

  it.each([
    ['issuer', { issuer: undefined }],
    ['issuer', { issuer: [ISSUER] }],
    ['jwks_uri', { jwks_uri: undefined }],
    ['jwks_uri', { jwks_uri: 'http://tenant.example.com/jwks.json' }],
    ['jwks_uri', { jwks_uri: '/jwks.json' }],
    ['jwks_uri', { jwks_uri: 'ftp://tenant.example.com/jwks.json' }],
    ['jwks_uri', { jwks_uri: 'data:application/json,{"keys":[]}' }],
    ['jwks_uri', { jwks_uri: `${ISSUER}${'x'.repeat(2048)}` }],
    ['jwks_uri', { jwks_uri: 'https://user:secret@tenant.example.com/jwks.json' }],
    ['jwks_uri', { jwks_uri: 'file:///etc/passwd' }],
    ['jwks_uri', { jwks_uri: { href: `${ISSUER}jwks.json` } }],
  ])('fails over %s and names it, without quoting its value', (name, members) => {
    const error = thrownBy(() => parseMetadata(ISSUER, { ...good, ...members }));
    expect(error).toBeInstanceOf(LoadFailure);
    expect(String(error)).toBe(`LoadFailure: the metadata of ${ISSUER} cannot be used: ${name}`);
  });

  it.each(['http://tenant.example.com/oauth/token', null, 5, 'https:\\\\tenant.example.com', undefined])(
    'goes without a token endpoint that cannot be used: %j',
    (token_endpoint) => {
      const metadata = parseMetadata(ISSUER, { ...good, token_endpoint });
      expect(metadata).toMatchObject({ issuer: ISSUER, tokenEndpoint: undefined });
    },
  );

  it.each([undefined, null, 'text', 5, []])('fails for %j', (document) => {
    expect(thrownBy(() => parseMetadata(ISSUER, document))).toMatchObject({
      name: 'LoadFailure',
      message: `the metadata of ${ISSUER} cannot be used: document`,
    });
  });
});

describe('parseCopiedMetadata', () => {
  it.each([undefined, ALIAS, `${ISSUER}oauth/token`])(
    "takes an endpoint for certificates of the issuer's own: %s",
    (token_endpoint) => {
      const mtls_endpoint_aliases = { token_endpoint };
      const copy = parseCopiedMetadata(ISSUER, { ...good, mtls_endpoint_aliases });
      expect(copy.mtlsTokenEndpoint).toBe(token_endpoint ?? `${ISSUER}oauth/token`);
    },
  );

  it.each([
    'https://evil.example/oauth/token',
    'https://mtls.evil.example/oauth/token',
    'https://mtls.tenant.example.com.evil.example/oauth/token',
    'https://evil.example/https://mtls.tenant.example.com/',
  ])('fails when it names one elsewhere: %s', (token_endpoint) => {
    const copy = { ...good, mtls_endpoint_aliases: { token_endpoint } };
    expect(thrownBy(() => parseCopiedMetadata(ISSUER, copy))).toBeInstanceOf(LoadFailure);
  });
});
