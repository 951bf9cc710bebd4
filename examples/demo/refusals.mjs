/** Five requests that must not get through, and what each side is told. */
import { CALENDAR } from './calendar.mjs';
import { expectEqual } from './expect.mjs';

/**
 * @param {import('./stage.mjs').Stage} stage
 * @param {import('./report.mjs').Report} report
 * @param {Record<string, string>} proven a request with DPoP that was accepted before
 */
export async function sendRefusedRequests({ tenant, intermediary }, report, proven) {
  const bearer = async (options) => ({
    authorization: `Bearer ${await tenant.issueAccessToken({ scope: 'calendar:read', ...options })}`,
  });
  const requests = [
    { label: 'no token', headers: {}, status: 401, reason: 'missing_credentials' },
    {
      label: 'expired token',
      headers: await bearer({ expiresInSeconds: -60 }),
      status: 401,
      reason: 'token_expired',
    },
    {
      label: 'token for another API',
      headers: await bearer({ audience: CALENDAR }),
      status: 401,
      reason: 'audience_mismatch',
    },
    { label: 'replayed DPoP proof', headers: proven, status: 400, reason: 'dpop_proof_replayed' },
    {
      label: 'missing scope',
      headers: await bearer({ scope: 'profile' }),
      status: 403,
      reason: 'insufficient_scope',
    },
  ];

  report.section('2. Five requests that the intermediary refuses');
  for (const { label, headers, status, reason } of requests) {
    const send = () => fetch(`${intermediary.url}/tools/next-event`, { method: 'POST', headers });
    const response = await report.timed([label], send);
    const challenge = response.headers.get('www-authenticate');
    report.header('WWW-Authenticate', challenge ?? 'none');
    report.note(`the operator's log says: ${intermediary.lastReason()}`);

    expectEqual('status', response.status, status);
    expectEqual('reason', intermediary.lastReason(), reason);
    expectEqual('challenge', typeof challenge, 'string');
    await response.arrayBuffer();
  }
}
