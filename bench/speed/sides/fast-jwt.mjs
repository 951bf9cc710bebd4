import { createVerifier } from 'fast-jwt';

export const packages = ['fast-jwt'];

const WITH_CACHE = ['rs256', 'repeated'];

export const sides = [
  side('fast-jwt (fixed key)', { fixed: true }),
  side('fast-jwt (key by kid)', { fixed: false }),
  side('fast-jwt (fixed key, cache)', { fixed: true, options: { cache: true }, rows: WITH_CACHE }),
  side('fast-jwt (key by kid, cache)', { fixed: false, options: { cache: true }, rows: WITH_CACHE }),
  side('fast-jwt (fixed key, cache by the token itself)', {
    fixed: true,
    // Its documentation offers this to whoever does not mind tokens in the cache.
    options: { cache: true, cacheKeyBuilder: (token) => token },
    rows: ['repeated'],
  }),
];

function side(name, { fixed, options = {}, rows }) {
  return {
    name,
    rows,
    create({ issuer, audience, alg, publicKeys }) {
      const shared = { allowedIss: issuer, allowedAud: audience, algorithms: [alg], ...options };
      if (fixed) {
        const [pem] = publicKeys.values();
        return { verifySync: createVerifier({ ...shared, key: pem }) };
      }
      return { verify: createVerifier({ ...shared, key: async ({ header }) => publicKeys.get(header.kid) }) };
    },
  };
}
