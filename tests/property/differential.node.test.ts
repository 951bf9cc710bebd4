import * as signature from '#signature';
import { expect, it } from 'vitest';
import * as nodeModule from '../../src/jws/signature.node.ts';
import { describeDifferential } from './differential.ts';

it('runs on node:crypto', () => {
  expect(signature.importVerifier).toBe(nodeModule.importVerifier);
});

describeDifferential('node:crypto');
