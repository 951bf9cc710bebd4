import { describe } from 'vitest';
import { describeAdapter } from './contract.ts';
import { fetchAdapter } from './fetch.ts';

describe('fetch', () => {
  describeAdapter(fetchAdapter);
});
