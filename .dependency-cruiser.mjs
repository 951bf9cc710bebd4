/**
 * The direction of imports, as docs/architecture.md draws it. Arrows run downwards only:
 *
 *   index -> api-client -> request -> access-token, dpop -> issuer, jwt -> jws, platform -> errors
 *                       -> id-token, exchange --------->
 *                       -> jwe ---------------------------------->
 */
const leaf = (name, path, allowed) => ({
  name,
  severity: 'error',
  from: { path },
  to: { pathNot: allowed, path: '^src/' },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    leaf('errors-import-nothing', '^src/errors/', '^src/errors/'),
    leaf('events-import-only-errors', '^src/events\\.ts$', '^src/errors/'),
    leaf('platform-imports-only-errors', '^src/platform/', '^src/(platform/|errors/)'),
    leaf('jws-is-low', '^src/jws/', '^src/(jws/|platform/|errors/)'),
    leaf('jwe-is-low', '^src/jwe/', '^src/(jwe/|jws/|platform/|errors/)'),
    leaf('jwt-is-low', '^src/jwt/', '^src/(jwt/|jws/|platform/|errors/)'),
    leaf('issuer-is-low', '^src/issuer/', '^src/(issuer/|jws/|platform/|errors/|events\\.ts)'),
    leaf(
      'access-token-stands-alone',
      '^src/access-token/',
      '^src/(access-token/|issuer/|jwt/|jws/|platform/|errors/|actors\\.ts|claims\\.ts|scopes\\.ts|standard-schema\\.ts)',
    ),
    leaf(
      'id-token-stands-alone',
      '^src/id-token/',
      '^src/(id-token/|issuer/|jwt/|jws/|platform/|errors/|claims\\.ts)',
    ),
    leaf('dpop-stands-alone', '^src/dpop/', '^src/(dpop/|jws/|platform/|errors/|events\\.ts|claims\\.ts)'),
    leaf('exchange-stands-alone', '^src/exchange/', '^src/(exchange/|issuer/|jws/|platform/|errors/)'),
    leaf(
      'downstream-joins-two',
      '^src/downstream/',
      '^src/(downstream/|dpop/|exchange/types\\.ts|jws/json\\.ts|errors/)',
    ),
    {
      name: 'downstream-takes-only-types-of-the-exchange',
      severity: 'error',
      from: { path: '^src/downstream/' },
      to: { path: '^src/exchange/', dependencyTypesNot: ['type-only'] },
    },
    leaf('delegation-is-pure', '^src/delegation\\.ts$', '^src/(delegation\\.ts|claims\\.ts|errors/)'),
    leaf('actors-are-pure', '^src/actors\\.ts$', '^src/(delegation\\.ts|platform/excerpt\\.ts|errors/)'),
    leaf(
      'audit-is-pure',
      '^src/audit\\.ts$',
      '^src/(delegation\\.ts|scopes\\.ts|jws/json\\.ts|platform/log-text\\.ts|errors/)',
    ),
    leaf('adapters-know-only-the-root', '^src/adapters/', '^src/(adapters/|index\\.ts$)'),
    leaf('mcp-knows-only-the-root', '^src/mcp/', '^src/(mcp/|index\\.ts$|adapters/node-request\\.ts$)'),
    {
      name: 'nobody-needs-adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(adapters|mcp)/' },
      to: { path: '^src/(adapters|mcp)/' },
    },
    leaf('redis-knows-only-the-root', '^src/redis/', '^src/(redis/|index\\.ts$)'),
    {
      name: 'redis-takes-only-types',
      severity: 'error',
      from: { path: '^src/redis/' },
      to: { pathNot: '^src/redis/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nobody-needs-redis',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/redis/' },
      to: { path: '^src/redis/' },
    },
    leaf('undici-knows-only-the-root', '^src/undici/', '^src/(undici/|index\\.ts$)'),
    {
      name: 'undici-takes-only-types',
      severity: 'error',
      from: { path: '^src/undici/' },
      to: { path: '^src/', pathNot: '^src/undici/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nobody-needs-undici',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/undici/' },
      to: { path: '^(src/undici/|node_modules/undici/)' },
    },
    leaf('testing-stands-alone', '^src/testing/', '^src/testing/'),
    {
      name: 'only-the-signature-knows-node',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(jws/signature\\.node\\.ts|testing/|undici/)' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['auth0-api-ts-source', 'import', 'types', 'default'],
      exportsFields: ['exports'],
    },
  },
};
