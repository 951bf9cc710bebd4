/**
 * The user at the login page, which a test tenant does not have: whoever is sent to `/authorize` consents, and the code
 * is redeemed for a token of the tenant (RFC 6749 §4.1, RFC 7636, RFC 8707).
 */
import { createHash, randomUUID } from 'node:crypto';

/**
 * @param {{ tenant: import('auth0-api-ts/testing').TestTenant, tenantFetch: typeof fetch }} stage
 * @param {object} user what the tenant issues besides scopes and audience: `sub`, `act`
 */
export function createLogin({ tenant, tenantFetch }, user) {
  const grants = new Map();
  /** The URLs to which the user was sent. */
  const visits = [];

  return {
    visits,

    /** What the user comes back with. */
    consent(url) {
      const { hostname, pathname, searchParams } = new URL(url);
      const asked = Object.fromEntries(searchParams);
      if (hostname !== tenant.domain || pathname !== '/authorize' || asked.code_challenge_method !== 'S256')
        throw new Error(`This is no page of the tenant: ${url}`);
      const code = randomUUID();
      grants.set(code, asked);
      visits.push({ scope: asked.scope, resource: asked.resource });
      return code;
    },

    /** What the client of the user sends requests with. */
    async fetch(input, init) {
      const request = new Request(input, init);
      const { hostname, pathname } = new URL(request.url);
      if (hostname !== tenant.domain) return await fetch(request);
      if (pathname !== '/oauth/token') return await tenantFetch(request);
      const form = await request.formData();
      const granted = grants.get(form.get('code'));
      const challenge = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (granted?.code_challenge !== challenge)
        return Response.json({ error: 'invalid_grant' }, { status: 400 });
      grants.delete(form.get('code'));
      const { scope, resource: audience, client_id: clientId } = granted;
      const token = await tenant.issueAccessToken({ ...user, audience, scope, clientId });
      return Response.json({ access_token: token, token_type: 'Bearer', expires_in: 3600, scope });
    },
  };
}
