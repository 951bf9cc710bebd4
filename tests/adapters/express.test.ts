import { describe } from 'vitest';
import { describeAdapter } from './contract.ts';
import { expressAdapter } from './express.ts';

describe('express', () => {
  describeAdapter(expressAdapter);
});
