import * as signature from '#signature';
import { expect, it, vi } from 'vitest';
import * as webModule from '../../src/jws/signature.web.ts';
import { describeDifferential } from './differential.ts';

vi.mock('#signature', () => import('../../src/jws/signature.web.ts'));

it('runs on WebCrypto', () => {
  expect(signature.importVerifier).toBe(webModule.importVerifier);
});

describeDifferential('WebCrypto');
