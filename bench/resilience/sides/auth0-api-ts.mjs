import { ApiClient } from '../../../dist/index.js';

export const name = 'auth0-api-ts';
export const packages = [];
export const configuration = 'defaults; the age is what the server states';

export const reasons = [
  '(b): the first unknown `kid` costs the one request that makes (e) first sight; for 30 s from then on, none costs another.',
  '(c), (d): past `max-age`, keys are served and refreshed in the background, with `stale-if-error` through an outage.',
  '(f): the one request in 30 s is spent, so the new key comes with the next refresh in the background.',
  '(g): the request that finds the keys past their age still gets the kept ones; the next one gets the new.',
];

export function create({ issuer, audience }) {
  const client = new ApiClient({ domain: new URL(issuer).host, audience });
  return (accessToken) => client.verifyAccessToken({ accessToken });
}
