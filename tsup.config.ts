import { defineConfig } from 'tsup';

/** What `exports` of package.json names. */
const entries = {
  index: 'src/index.ts',
  express: 'src/adapters/express.ts',
  fastify: 'src/adapters/fastify.ts',
  fetch: 'src/adapters/fetch.ts',
  hono: 'src/adapters/hono.ts',
  mcp: 'src/mcp/index.ts',
  redis: 'src/redis/index.ts',
  testing: 'src/testing/index.ts',
  undici: 'src/undici/index.ts',
};

// `#signature` stays an import: the package's own "imports" conditions choose the Node or the Web variant where
// the package runs, so both are entries of their own. leven is bundled, so that jose is the only dependency.
export default defineConfig({
  entry: {
    ...entries,
    'signature.node': 'src/jws/signature.node.ts',
    'signature.web': 'src/jws/signature.web.ts',
  },
  format: 'esm',
  target: 'es2023',
  platform: 'neutral',
  clean: true,
  silent: true,
  splitting: true,
  removeNodeProtocol: false,
  treeshake: true,
  sourcemap: true,
  dts: { entry: entries },
  external: [/^#/, /^node:/, 'hono', 'jose', 'msw', 'undici'],
  noExternal: ['leven'],
});
