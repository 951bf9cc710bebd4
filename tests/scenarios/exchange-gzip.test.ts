import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../src/index.ts';
import { rejectionOf } from '../support/assert-rejects.ts';
import { setUp } from '../support/scenario.ts';

/** What a client makes of a token endpoint that is a real server, at the far end of a real connection. */
async function exchangeAt(listener: RequestListener): Promise<unknown> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { tenant, createClient } = setUp();
  const customFetch: typeof fetch = (input, init) => {
    const url = input instanceof Request ? input.url : input.toString();
    const isToken = url.endsWith('/oauth/token');
    return isToken ? fetch(`http://127.0.0.1:${address.port}/`, init) : tenant.fetch(input, init);
  };
  try {
    const accessToken = await tenant.issueAccessToken();
    return await createClient({ customFetch }).getTokenOnBehalfOf({
      accessToken,
      audience: 'https://b.example',
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const zipped =
  (body: Buffer): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
  };

describe('an answer that is compressed', () => {
  it('is taken', async () => {
    const body = gzipSync(JSON.stringify({ access_token: 'downstream', expires_in: 600 }));
    await expect(exchangeAt(zipped(body))).resolves.toMatchObject({ accessToken: 'downstream' });
  });

  it('is refused when it would fill the memory', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, ' '));
    expect(bomb.byteLength).toBeLessThan(1024 * 1024);
    expect(await rejectionOf(exchangeAt(zipped(bomb)))).toMatchObject({
      constructor: ApiError,
      reason: 'upstream_invalid_answer',
      statusCode: 502,
      cause: { name: 'HttpFailure' },
    });
  });

  it('is refused when it breaks off', async () => {
    const body = gzipSync(JSON.stringify({ access_token: 'downstream' })).subarray(0, 20);
    expect(await rejectionOf(exchangeAt(zipped(body)))).toMatchObject({
      constructor: ApiError,
      statusCode: 502,
    });
  });
});
