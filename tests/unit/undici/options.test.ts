import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createUndiciFetch, type UndiciFetchOptions } from '../../../src/undici/index.ts';
import { createAuthority } from '../../support/certificates.ts';
import { everythingIn } from '../../support/everything-in.ts';

const authority = createAuthority();
const { cert, key } = authority.issue();
const { key: otherKey } = authority.issue();
const derOf = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'correct horse' },
}).privateKey;
const SECRET = 's3cr3t';

afterEach(() => {
  vi.unstubAllEnvs();
});

function refusalOf(options: unknown): unknown {
  try {
    createUndiciFetch(options as UndiciFetchOptions);
  } catch (error) {
    return error;
  }
  throw new Error('expected an error to be thrown');
}

describe('createUndiciFetch', () => {
  it.each<[options: unknown, message: string]>([
    [null, 'the options must be an object'],
    ['http://proxy', 'the options must be an object'],
    [[], 'the options must be an object'],
    [{ proxies: SECRET }, 'there is no option `proxies`; the options are proxy, noProxy, ca,'],
    [{ rejectUnauthorized: false }, 'there is no option `rejectUnauthorized`'],
    [JSON.parse(`{ "__proto__": "${SECRET}" }`), 'there is no option `__proto__`'],
    ...[null, true, 7, '', ' ', {}, [], [`http://${SECRET}`]].map((proxy): [unknown, string] => [
      { proxy },
      'the option `proxy` must be the URL of a proxy',
    ]),
    ...[
      `ftp://${SECRET}@proxy`,
      `socks5://${SECRET}@proxy`,
      `http://${SECRET}@`,
      `http://${SECRET}@proxy:99999`,
      `http://${SECRET}@proxy/path`,
      `http://${SECRET}@proxy?query`,
      `http://${SECRET}@proxy#fragment`,
      `http://${SECRET}:%zz@proxy`,
      `http://${SECRET}%3a:x@proxy`,
      new URL(`ws://${SECRET}@proxy`),
      `Environment://${SECRET}`,
    ].map((proxy): [unknown, string] => [
      { proxy },
      'the option `proxy` must be the http or https URL of a proxy',
    ]),
    ...[null, 7, {}, [7], [null]].map((noProxy): [unknown, string] => [
      { noProxy, proxy: 'http://proxy' },
      'the option `noProxy` must be a list of hosts',
    ]),
    [
      { noProxy: `https://${SECRET}`, proxy: 'http://proxy' },
      'the option `noProxy` must list hosts, such as',
    ],
    [{ noProxy: [`${SECRET}/99`] }, 'the option `noProxy` must list hosts, such as'],
    ...[
      null,
      '',
      './ca.pem',
      SECRET,
      [],
      [cert, ''],
      7,
      key,
      `${cert}${key}`,
      Buffer.from(SECRET),
      new Uint8Array(0),
    ]
      .concat([
        `-----BEGIN CERTIFICATE-----\n${SECRET}\n-----END CERTIFICATE-----`,
        derOf(cert).toString('latin1'),
      ])
      .flatMap((value): [unknown, string][] => [
        [{ ca: value }, 'the option `ca` must hold certificates in PEM'],
        [{ proxyCa: value }, 'the option `proxyCa` must hold certificates in PEM'],
        [{ cert: value, key }, 'the option `cert` must hold certificates in PEM'],
      ]),
    [{ cert }, 'the option `cert` needs the other one'],
    [{ key }, 'the option `key` needs the other one'],
    [{ passphrase: SECRET }, 'the option `passphrase` is of no use without'],
    [{ cert, key, passphrase: 7 }, 'the option `passphrase` must be a string'],
    ...[null, 7, '', SECRET, cert, {}, derOf(key), encrypted].map((value): [unknown, string] => [
      { cert, key: value },
      'the option `key` must be a private key in PEM',
    ]),
    [{ cert, key: encrypted, passphrase: SECRET }, 'the option `key` must be a private key in PEM'],
    [{ cert, key: otherKey }, 'the option `key` is not the key of the first certificate'],
    [{ cert: [authority.cert, cert], key }, 'the option `key` is not the key of the first certificate'],
    ...[null, 0, -1, 1.5, NaN, Infinity, '4', 2 ** 53].map((connections): [unknown, string] => [
      { connections },
      'the option `connections` must be a whole number above 0',
    ]),
    ...[null, 0, -1, NaN, Infinity, '4', 601].map((keepAliveSeconds): [unknown, string] => [
      { keepAliveSeconds },
      'the option `keepAliveSeconds` must be a number of seconds above 0, at most 600',
    ]),
    ...[null, 0, -1, NaN, Infinity, '4', 301].map((connectTimeoutSeconds): [unknown, string] => [
      { connectTimeoutSeconds },
      'the option `connectTimeoutSeconds` must be a number of seconds above 0, at most 300',
    ]),
  ])('refuses %j and does not repeat it', (options, message) => {
    const error = refusalOf(options);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', expect.stringContaining(`createUndiciFetch: ${message}`));
    // Only what it says: the stack names files and lines, and the test its own.
    expect(everythingIn(error).replace(/\n +at .*/g, '')).not.toMatch(/s3cr3t|PRIVATE|BEGIN/);
  });

  it.each<[name: string, value: string]>([
    ['HTTPS_PROXY', `ftp://${SECRET}`],
    ['HTTP_PROXY', `http://${SECRET}:%zz@proxy`],
    ['NO_PROXY', `https://${SECRET}`],
  ])('refuses %s of the environment when it cannot be read', (name, value) => {
    vi.stubEnv(name, value);
    vi.stubEnv(name.toLowerCase(), undefined);
    const error = refusalOf(undefined);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', expect.stringContaining(`the environment variable ${name} must`));
    expect(error).not.toHaveProperty('message', expect.stringContaining(SECRET));
    // Whoever sets the proxy, or none, does not care for it.
    expect(() => createUndiciFetch({ proxy: false })).not.toThrow();
  });

  it.each<[what: string, options: UndiciFetchOptions]>([
    ['nothing', {}],
    [
      'undefined for absent',
      {
        proxy: undefined,
        noProxy: undefined,
        ca: undefined,
        proxyCa: undefined,
        cert: undefined,
        key: undefined,
        passphrase: undefined,
        connections: undefined,
        keepAliveSeconds: undefined,
        connectTimeoutSeconds: undefined,
      },
    ],
    ['certificates in DER and PEM', { ca: [derOf(authority.cert), authority.cert, Buffer.from(cert)] }],
    ['a chain behind the certificate', { cert: [cert, authority.cert], key: Buffer.from(key) }],
    [
      'a view into larger memory',
      { ca: new Uint8Array(Buffer.concat([Buffer.of(7), derOf(cert)])).subarray(1) },
    ],
    ['fractions of a second', { keepAliveSeconds: 0.5, connectTimeoutSeconds: 0.001 }],
    ['a proxy without its scheme', { proxy: 'proxy.example.com:3128' }],
    ['a proxy at an IPv6 address', { proxy: 'http://[::1]:3128' }],
  ])('takes %s', async (_what, options) => {
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
      vi.stubEnv(name, undefined);
      vi.stubEnv(name.toLowerCase(), undefined);
    }
    await createUndiciFetch(options).close();
  });

  it('takes frozen options, and looks at them once', async () => {
    const options = Object.freeze({ proxy: false as const, connections: 3 });
    await createUndiciFetch(options).close();
  });
});
