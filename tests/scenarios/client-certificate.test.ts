import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request as sendRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type AccessTokenChecks,
  type ApiClientEvent,
  BaseAuthError,
  type ClientCertificate,
} from '../../src/index.ts';
import {
  expectRefusal,
  expectToBe,
  invalidToken,
  misconfigured,
  rejectionOf,
} from '../support/assert-rejects.ts';
import { createCertificate, type TestCertificate } from '../support/certificate.ts';
import { bearerRequest, createBoundRequest, jsonObject, MODES, offers, setUp } from '../support/scenario.ts';

const certificate = createCertificate('client');
const another = createCertificate('another');
const BOUND = { cnf: { 'x5t#S256': certificate.thumbprint } };

const { tenant, client, createClient } = setUp();
const requiring = createClient({ requireCertificateBinding: true });
const accepted = { sub: 'auth0|user' };
const bound = await tenant.issueAccessToken({ claims: BOUND });
const unbound = await tenant.issueAccessToken();

const refusal = (reason: Parameters<typeof invalidToken>[0]) =>
  invalidToken(reason, offers('allowed', 'Bearer', { error: 'invalid_token' }));

/** Every way in which a program passes a certificate. What a program in JavaScript passes may be anything. */
const WAYS: [string, (accessToken: string, given: unknown, who?: typeof client) => Promise<unknown>][] = [
  [
    'with the parts of a request',
    async (accessToken, given, who = client) =>
      who.verifyRequest({ ...bearerRequest(accessToken), clientCertificate: given as ClientCertificate }),
  ],
  [
    'with the checks of a request',
    async (accessToken, given, who = client) =>
      who.verifyRequest(bearerRequest(accessToken), { clientCertificate: given as ClientCertificate }),
  ],
  [
    'with the checks of a Fetch Request',
    async (accessToken, given, who = client) =>
      who.verifyRequest(
        new Request('https://api.example.com/', { headers: { authorization: `Bearer ${accessToken}` } }),
        { clientCertificate: given as ClientCertificate },
      ),
  ],
  [
    'on a Fetch Request',
    async (accessToken, given, who = client) => {
      const headers = { authorization: `Bearer ${accessToken}` };
      const request = new Request('https://api.example.com/', { headers });
      return who.verifyRequest(Object.assign(request, { clientCertificate: given as ClientCertificate }));
    },
  ],
];

describe.each(WAYS)('a certificate %s', (_way, verify) => {
  it.each<[string, ClientCertificate]>([
    ['PEM', certificate.pem],
    ['percent-encoded PEM', encodeURIComponent(certificate.pem)],
    ['DER', certificate.der],
    ['a Buffer', Buffer.from(certificate.der)],
    ['a thumbprint', certificate.thumbprint],
    ['hexadecimal digits', certificate.hex],
    ['a fingerprint', certificate.fingerprint256],
  ])('is accepted for the token that is bound to it, as %s', async (_form, given) => {
    await expect(verify(bound, given)).resolves.toMatchObject(accepted);
    await expect(verify(bound, given, requiring)).resolves.toMatchObject(accepted);
  });

  it('is refused for a token that is bound to another', async () => {
    for (const given of [another.pem, another.der, another.thumbprint, another.hex]) {
      const error = await expectRefusal(verify(bound, given), refusal('certificate_binding_mismatch'));
      expect(error.cause).toEqual({
        name: 'cnf.x5t#S256',
        expected: certificate.thumbprint,
        actual: another.thumbprint,
      });
    }
  });

  it.each<[unknown]>([
    ['rubbish'],
    ['(null)'],
    [' '],
    [certificate.pem + another.pem],
    [`${certificate.pem}, ${certificate.pem}`],
    [certificate.der.subarray(1)],
    [new Uint8Array()],
    [[certificate.pem]],
    [{ raw: certificate.der }],
    [7],
    [false],
    ['x'.repeat(1_000_000)],
  ])('that is none is refused, for whatever token: %#', async (given) => {
    for (const accessToken of [bound, unbound]) {
      const error = await expectRefusal(verify(accessToken, given), refusal('client_certificate_invalid'));
      expect(error.cause).toMatchObject({ name: 'clientCertificate' });
      if (typeof given === 'string' && given.trim() !== '')
        expect(inspect(error, { depth: null, showHidden: true })).not.toContain(given);
    }
  });

  it('does no harm to a token that is not bound, unless bindings are required', async () => {
    await expect(verify(unbound, certificate.pem)).resolves.toMatchObject(accepted);
    await expectRefusal(verify(unbound, certificate.pem, requiring), refusal('certificate_binding_missing'));
  });

  it.each([undefined, null, ''])('may be absent, unless it is required: %j', async (given) => {
    await expect(verify(bound, given)).resolves.toMatchObject(accepted);
    await expect(verify(unbound, given)).resolves.toMatchObject(accepted);
    await expectRefusal(verify(bound, given, requiring), refusal('client_certificate_missing'));
    await expectRefusal(verify(unbound, given, requiring), refusal('certificate_binding_missing'));
  });
});

describe('verifyAccessToken', () => {
  const verify = async (accessToken: string, checks: AccessTokenChecks = {}, who = client) =>
    who.verifyAccessToken({ accessToken, ...checks });

  it('holds a certificate against the token', async () => {
    await expect(verify(bound, { clientCertificate: certificate.pem })).resolves.toMatchObject(accepted);
    await expect(verify(bound)).resolves.toMatchObject(accepted);
    const mismatch = verify(bound, { clientCertificate: another.pem });
    await expectRefusal(mismatch, invalidToken('certificate_binding_mismatch'));
    const invalid = verify(bound, { clientCertificate: 'rubbish' });
    await expectRefusal(invalid, invalidToken('client_certificate_invalid'));
  });

  it('demands one where bindings are required', async () => {
    await expect(verify(bound, { clientCertificate: certificate.der }, requiring)).resolves.toMatchObject(
      accepted,
    );
    await expectRefusal(verify(bound, {}, requiring), invalidToken('client_certificate_missing'));
    await expectRefusal(
      verify(bound, { clientCertificate: '' }, requiring),
      invalidToken('client_certificate_missing'),
    );
    const missing = verify(unbound, { clientCertificate: certificate.der }, requiring);
    await expectRefusal(missing, invalidToken('certificate_binding_missing'));
  });

  it('sees a certificate that is inherited', async () => {
    const options: unknown = Object.create({ clientCertificate: another.pem, accessToken: bound });
    const verification = client.verifyAccessToken(options as { accessToken: string });
    await expectRefusal(verification, invalidToken('certificate_binding_mismatch'));
  });
});

describe('the member of cnf', () => {
  const malformed = [null, 7, true, '', [], {}, [certificate.thumbprint], { '0': certificate.thumbprint }];
  it.each(malformed)('is refused when it is %j, once somebody looks at it', async (value) => {
    const accessToken = await tenant.issueAccessToken({ claims: { cnf: { 'x5t#S256': value } } });
    const request = bearerRequest(accessToken);
    await expect(client.verifyRequest(request)).resolves.toMatchObject(accepted);
    for (const who of [client, requiring]) {
      const verification = who.verifyRequest(request, { clientCertificate: certificate.pem });
      const error = await expectRefusal(verification, refusal('claim_invalid'));
      expect(error.cause).toMatchObject({ name: 'cnf.x5t#S256' });
    }
    await expectRefusal(requiring.verifyRequest(request), refusal('claim_invalid'));
  });

  it.each(['=', ' ', 'x'])('must be the very text, and is not with %j behind it', async (more) => {
    const claims = { cnf: { 'x5t#S256': certificate.thumbprint + more } };
    const request = bearerRequest(await tenant.issueAccessToken({ claims }));
    const verification = client.verifyRequest(request, { clientCertificate: certificate.pem });
    await expectRefusal(verification, refusal('certificate_binding_mismatch'));
  });

  it('is not the hexadecimal form, nor in another case, nor a megabyte', async () => {
    const { hex, thumbprint } = certificate;
    for (const text of [hex, thumbprint.toLowerCase(), thumbprint.slice(0, 42), thumbprint.repeat(200)]) {
      const request = bearerRequest(await tenant.issueAccessToken({ claims: { cnf: { 'x5t#S256': text } } }));
      const verification = client.verifyRequest(request, { clientCertificate: certificate.pem });
      const error = await expectRefusal(verification, refusal('certificate_binding_mismatch'));
      expect(JSON.stringify(error.cause).length).toBeLessThan(600);
    }
  });

  it('counts under its own name only, beside any others', async () => {
    const others = { 'x5t#S512': 'a', x5t: 'b', jwk: { kty: 'EC' }, kid: 7, osc: null, constructor: 'x' };
    const claims = { cnf: { ...others, ...BOUND.cnf } };
    const verification = client.verifyRequest(bearerRequest(await tenant.issueAccessToken({ claims })), {
      clientCertificate: certificate.pem,
    });
    await expect(verification).resolves.toMatchObject(accepted);
    const without = bearerRequest(await tenant.issueAccessToken({ claims: { cnf: others } }));
    await expect(
      client.verifyRequest(without, { clientCertificate: certificate.pem }),
    ).resolves.toMatchObject(accepted);
    const inherited = jsonObject(`{"__proto__":{"x5t#S256":"${certificate.thumbprint}"}}`);
    const hidden = bearerRequest(await tenant.issueAccessToken({ claims: { cnf: inherited } }));
    const required = requiring.verifyRequest(hidden, { clientCertificate: certificate.pem });
    await expectRefusal(required, refusal('certificate_binding_missing'));
  });
});

describe('a certificate and everything else', () => {
  it('is compared each time, also for a token that was verified before', async () => {
    const accessToken = await tenant.issueAccessToken({ claims: BOUND });
    const verify = (clientCertificate?: string) =>
      client.verifyRequest(bearerRequest(accessToken), { clientCertificate });
    for (let round = 0; round < 3; round += 1) {
      await expect(verify(certificate.pem)).resolves.toMatchObject(accepted);
      await expectRefusal(verify(another.pem), refusal('certificate_binding_mismatch'));
      await expectRefusal(verify('rubbish'), refusal('client_certificate_invalid'));
    }
  });

  it.each(MODES)('is compared in the mode %s', async (mode) => {
    const who = createClient({ dpop: { mode } });
    const key = tenant.createDpopKey();
    const verify = async (clientCertificate: string) => {
      const token = { claims: { cnf: { ...BOUND.cnf, jkt: key.jkt } } };
      const request =
        mode === 'required'
          ? (await createBoundRequest(tenant, { key, token })).request
          : bearerRequest(bound);
      return who.verifyRequest({ ...request, clientCertificate });
    };
    await expect(verify(certificate.pem)).resolves.toMatchObject(accepted);
    const scheme = mode === 'required' ? 'DPoP' : 'Bearer';
    const challenges = offers(mode, scheme, { error: 'invalid_token' });
    await expectRefusal(verify(another.pem), invalidToken('certificate_binding_mismatch', challenges));
  });

  it('goes together with DPoP: both bindings count, and a refusal does not use the proof up', async () => {
    const key = tenant.createDpopKey();
    const claims = { cnf: { jkt: key.jkt, ...BOUND.cnf } };
    const { request } = await createBoundRequest(tenant, { key, token: { claims } });
    const onDpop = (reason: Parameters<typeof invalidToken>[0]) =>
      invalidToken(reason, offers('allowed', 'DPoP', { error: 'invalid_token' }));
    const verify = (clientCertificate: string) => requiring.verifyRequest({ ...request, clientCertificate });
    await expectRefusal(verify(another.pem), onDpop('certificate_binding_mismatch'));
    await expectRefusal(verify(''), onDpop('client_certificate_missing'));
    await expect(verify(certificate.pem)).resolves.toMatchObject(accepted);
    await expect(verify(certificate.pem)).rejects.toMatchObject({ reason: 'dpop_proof_replayed' });

    const asBearer = bearerRequest(await tenant.issueAccessToken({ claims }));
    const stripped = client.verifyRequest(asBearer, { clientCertificate: certificate.pem });
    await expectRefusal(stripped, refusal('dpop_bound_token_as_bearer'));
  });

  it('comes after the token itself: an expired one says so', async () => {
    const expired = await tenant.issueAccessToken({ claims: BOUND, expiresInSeconds: -1 });
    const verification = client.verifyRequest(bearerRequest(expired), { clientCertificate: 'rubbish' });
    await expectRefusal(verification, refusal('token_expired'));
  });

  it('comes before the checks of the call', async () => {
    const verification = client.verifyRequest(bearerRequest(bound), {
      clientCertificate: another.pem,
      requiredScopes: 'read',
    });
    await expectRefusal(verification, refusal('certificate_binding_mismatch'));
  });

  it('stands in one place only', async () => {
    const twice = client.verifyRequest(
      { ...bearerRequest(bound), clientCertificate: certificate.pem },
      { clientCertificate: certificate.pem },
    );
    await expectToBe(await rejectionOf(twice), { ...misconfigured, message: '`clientCertificate`' });
    const empty = client.verifyRequest(
      { ...bearerRequest(bound), clientCertificate: '' },
      { clientCertificate: certificate.pem },
    );
    await expect(empty).resolves.toMatchObject(accepted);
  });

  it('is no requirement of authorize', async () => {
    const claims = await client.verifyAccessToken({ accessToken: bound });
    const requirements = { clientCertificate: certificate.pem };
    expect(() => {
      client.authorize(claims, requirements as object);
    }).toThrow('`clientCertificate` is no check');
  });

  it('that is refused is told of with its reason and without itself', async () => {
    const events: ApiClientEvent[] = [];
    const who = createClient({ onEvent: (event) => void events.push(event) });
    await rejectionOf(who.verifyRequest(bearerRequest(bound), { clientCertificate: another.pem }));
    expect(events.at(-1)).toMatchObject({ type: 'token_rejected', reason: 'certificate_binding_mismatch' });
    expect(JSON.stringify(events)).not.toContain(another.thumbprint);
  });
});

it('is what a client presents on a TLS connection', async () => {
  const { privateKey: key, pem: cert } = createCertificate('localhost');
  const server = createServer(
    { key, cert, requestCert: true, rejectUnauthorized: false },
    (incoming, outgoing) => {
      const { socket } = incoming;
      const clientCertificate =
        socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.raw : undefined;
      requiring.verifyRequest({ headers: incoming.headersDistinct, clientCertificate }).then(
        (claims) => outgoing.end(claims.sub),
        (error: unknown) => outgoing.end(error instanceof BaseAuthError ? error.reason : 'no error of ours'),
      );
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const ask = async (presented?: TestCertificate): Promise<string> => {
    const identity = presented === undefined ? {} : { key: presented.privateKey, cert: presented.pem };
    const headers = { authorization: `Bearer ${bound}` };
    const outgoing = sendRequest({
      port,
      headers,
      agent: false,
      rejectUnauthorized: false,
      ...identity,
    }).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    return await text(incoming);
  };
  try {
    expect(await ask(certificate)).toBe('auth0|user');
    expect(await ask(another)).toBe('certificate_binding_mismatch');
    expect(await ask()).toBe('client_certificate_missing');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
