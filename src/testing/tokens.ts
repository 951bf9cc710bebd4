/** The tokens the tenant issues. */

import { randomUUID } from 'node:crypto';
import { macCompact, signCompact } from './algorithms.ts';
import type { TenantConfig } from './config.ts';
import type { KeyRing } from './keys.ts';
import { withOverrides } from './members.ts';
import type { IssueAccessTokenOptions, IssueIdTokenOptions, TestActor } from './types.ts';

export interface TokenIssuer {
  readonly accessToken: (options?: Omit<IssueAccessTokenOptions, 'encryptFor'>) => string;
  readonly idToken: (options?: IssueIdTokenOptions) => string;
}

export function createTokenIssuer(config: TenantConfig, keys: KeyRing): TokenIssuer {
  const lifetime = (seconds: number) => {
    const iat = Math.floor(config.now() / 1000);
    return { iat, exp: iat + seconds };
  };

  return {
    accessToken: (options = {}) => {
      const key = keys.current();
      const clientId = options.clientId ?? config.clients[0].clientId;
      const claims = {
        iss: config.issuer,
        sub: options.sub ?? 'auth0|user',
        aud: options.audience ?? config.audience,
        ...lifetime(options.expiresInSeconds ?? config.tokenLifetimeSeconds),
        jti: randomUUID(),
        azp: clientId,
        client_id: clientId,
        scope: typeof options.scope === 'object' ? options.scope.join(' ') : options.scope,
        permissions: options.permissions,
        act: nestActors(options.act ?? []),
        cnf: options.dpopKey && { jkt: options.dpopKey.jkt },
      };
      const header = { alg: key.algorithm, typ: 'at+jwt', kid: key.kid };
      return signCompact(withOverrides(header, options.header), withOverrides(claims, options.claims), key);
    },
    idToken: (options = {}) => {
      const claims = {
        iss: config.issuer,
        sub: options.sub ?? 'auth0|user',
        aud: options.clientId ?? config.clients[0].clientId,
        ...lifetime(options.expiresInSeconds ?? config.tokenLifetimeSeconds),
        nonce: options.nonce,
      };
      const { clientSecret } = options;
      const payload = withOverrides(claims, options.claims);
      if (clientSecret !== undefined) {
        const header = withOverrides({ alg: 'HS256', typ: 'JWT' }, options.header);
        return macCompact(header, payload, clientSecret);
      }
      const key = keys.current();
      const header = { alg: key.algorithm, typ: 'JWT', kid: key.kid };
      return signCompact(withOverrides(header, options.header), payload, key);
    },
  };
}

interface Actor extends TestActor {
  readonly act?: Actor;
}

/** RFC 8693 §4.1: the newest actor is the outermost. */
function nestActors(newestFirst: readonly (string | TestActor)[]): Actor | undefined {
  return newestFirst.reduceRight<Actor | undefined>((act, actor) => {
    const { sub, iss } = typeof actor === 'string' ? { sub: actor } : actor;
    return { sub, ...(iss !== undefined && { iss }), ...(act !== undefined && { act }) };
  }, undefined);
}
