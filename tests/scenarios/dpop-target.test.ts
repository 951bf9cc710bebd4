import { describe, expect, it } from 'vitest';
import { badProof, expectRefusal } from '../support/assert-rejects.ts';
import { createBoundRequest, dpopRequest, offers, setUp } from '../support/scenario.ts';

const { tenant, createClient } = setUp();
const key = tenant.createDpopKey();

async function verify(htu: string, httpUrl: string): Promise<unknown> {
  const { accessToken, proof } = await createBoundRequest(tenant, { key, proof: { claims: { htu } } });
  return createClient().verifyRequest(dpopRequest(accessToken, proof, { httpUrl }));
}

const API = 'https://api.example.com';

describe('htu names the URL of the request', () => {
  it.each([
    [`${API}/orders`, `${API}/orders`],
    [`${API}/orders`, `${API}/orders?page=2`],
    [`${API}/orders`, `${API}/orders#top`],
    [`${API}/orders?page=1`, `${API}/orders?page=2`],
    [`${API}/orders`, `${API}/orders?discount=10%&path=C:\\x`],
    [`${API}/orders?discount=10%&path=C:\\x`, `${API}/orders`],
    [`${API}/orders#a`, `${API}/orders?page=2#b`],
    ['HTTPS://API.Example.COM/orders', `${API}/orders`],
    [`${API}/orders`, 'HTTPS://API.EXAMPLE.COM/orders'],
    [`${API}:443/orders`, `${API}/orders`],
    [`${API}/orders`, `${API}:443/orders`],
    [`${API}:/orders`, `${API}/orders`],
    ['http://api.example.com:80/orders', 'http://api.example.com/orders'],
    [`${API}:8443/orders`, `${API}:8443/orders`],
    [API, `${API}/`],
    [`${API}/`, API],
    [`${API}/a/../orders`, `${API}/orders`],
    [`${API}/./orders`, `${API}/orders`],
    [`${API}/a/%2e%2E/orders`, `${API}/orders`],
    [`${API}/%6Frders`, `${API}/orders`],
    [`${API}/a%2fb`, `${API}/a%2Fb`],
    [`${API}/%7Eada`, `${API}/~ada`],
    [`${API}/caf%c3%a9`, `${API}/caf\u00e9`],
    [`${API}/a//b`, `${API}/a//b`],
    ['https://[::1]:8443/orders', 'https://[0:0:0:0:0:0:0:1]:8443/orders'],
    ['https://xn--bcher-kva.example/', 'https://b\u00fccher.example/'],
  ])('%s is %s', async (htu, httpUrl) => {
    await expect(verify(htu, httpUrl)).resolves.toMatchObject({ sub: 'auth0|user' });
  });

  it.each([
    [`${API}/orders/`, `${API}/orders`],
    [`${API}/orders`, `${API}/orders/`],
    [`${API}/Orders`, `${API}/orders`],
    [`${API}/orders/1`, `${API}/orders`],
    [`${API}/a%2Fb`, `${API}/a/b`],
    [`${API}/a//b`, `${API}/a/b`],
    [`${API}/%256Frders`, `${API}/orders`],
    [`${API}/orders;v=1`, `${API}/orders`],
    [`${API}:8443/orders`, `${API}/orders`],
    [`${API}:80/orders`, `${API}/orders`],
    ['http://api.example.com/orders', `${API}/orders`],
    ['https://example.com/orders', `${API}/orders`],
    ['https://api.example.com.evil.example/orders', `${API}/orders`],
    ['https://api.example.com./orders', `${API}/orders`],
    ['https://user@api.example.com/orders', `${API}/orders`],
    ['https://api.example.com@evil.example/orders', `${API}/orders`],
    ['', `${API}/orders`],
    ['/orders', `${API}/orders`],
    ['//api.example.com/orders', `${API}/orders`],
    ['api.example.com/orders', `${API}/orders`],
    ['https:/api.example.com/orders', `${API}/orders`],
    ['https:///api.example.com/orders', `${API}/orders`],
    ['https://@api.example.com/orders', `${API}/orders`],
    ['https:api.example.com/orders', `${API}/orders`],
    [`${API}\\orders`, `${API}/orders`],
    [`${API}/orders%`, `${API}/orders`],
    ['https://api.example.com\\?@evil.example/orders', `${API}/orders`],
    ['https://evil.example?@api.example.com/orders', `${API}/orders`],
    ['https://evil.example#@api.example.com/orders', `${API}/orders`],
    [` ${API}/orders`, `${API}/orders`],
    [`${API}/orders\n`, `${API}/orders`],
    [`${API}/or\tders`, `${API}/orders`],
    ['javascript:alert(1)', `${API}/orders`],
    [`ftp://api.example.com/orders`, `${API}/orders`],
    ['https://', `${API}/orders`],
  ])('%j is not %s', async (htu, httpUrl) => {
    const challenges = offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' });
    await expectRefusal(verify(htu, httpUrl), badProof('dpop_proof_htu_mismatch', challenges));
  });

  it('is compared with what the program passed and with no header', async () => {
    const { accessToken, proof } = await createBoundRequest(tenant, { key });
    const { headers } = dpopRequest(accessToken, proof);
    const forged = {
      host: 'api.example.com',
      'x-forwarded-host': 'api.example.com',
      'x-forwarded-proto': 'https',
    };
    const verification = createClient().verifyRequest({
      headers: { ...(headers as Record<string, string>), ...forged },
      httpMethod: 'GET',
      httpUrl: 'https://evil.example/orders',
    });
    const challenges = offers('allowed', 'DPoP', { error: 'invalid_dpop_proof' });
    const error = await expectRefusal(verification, badProof('dpop_proof_htu_mismatch', challenges));
    expect(error.cause).toEqual({
      name: 'htu',
      expected: 'https://evil.example/orders',
      actual: 'https://api.example.com/orders',
    });
  });
});
