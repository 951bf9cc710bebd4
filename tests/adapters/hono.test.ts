import { describe } from 'vitest';
import { describeAdapter } from './contract.ts';
import { honoAdapter } from './hono.ts';

describe('hono', () => {
  describeAdapter(honoAdapter);
});
