/** The issuer goes away. Nobody's token is to blame for that. */
import { CALENDAR, startCalendar } from './calendar.mjs';
import { expectEqual } from './expect.mjs';

/**
 * @param {import('./stage.mjs').Stage} stage
 * @param {import('./report.mjs').Report} report
 */
export async function showOutage({ tenant, issuer, calendar }, report) {
  const newcomer = await startCalendar({ ...issuer, audit: () => undefined });
  const accessToken = await tenant.issueAccessToken({
    sub: 'auth0|ada',
    audience: CALENDAR,
    scope: 'events:read',
  });
  const ask = (label, api) =>
    report.timed(label, () =>
      fetch(`${api.url}/events/next`, { headers: { authorization: `Bearer ${accessToken}` } }),
    );

  report.section("3. The issuer's metadata and keys answer 500");
  tenant.fail('discovery', 500);
  tenant.fail('jwks', 500);
  try {
    const served = await ask(['calendar API', 'has the keys and goes on'], calendar);
    expectEqual('status', served.status, 200);
    await served.arrayBuffer();

    const refused = await ask(['a new process', 'has none and says so'], newcomer);
    report.header('Retry-After', refused.headers.get('retry-after') ?? 'none');
    report.header(
      'WWW-Authenticate',
      refused.headers.get('www-authenticate') ?? 'none: the token is not to blame',
    );
    expectEqual('status', refused.status, 503);
    expectEqual('challenge', refused.headers.get('www-authenticate'), null);
    await refused.arrayBuffer();
  } finally {
    tenant.recover();
    await newcomer.close();
  }
}
