import { describe } from 'vitest';
import { describeAdapter } from './contract.ts';
import { fastifyAdapter } from './fastify.ts';

describe('fastify', () => {
  describeAdapter(fastifyAdapter);
});
