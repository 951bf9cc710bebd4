import { describe, expect, it } from 'vitest';
import { acceptedSchemes, type DpopMode, ruleFor } from '../../../src/request/scheme-policy.ts';

const DPOP = { bound: 'verify_proof', unbound: 'dpop_binding_missing', refusesProof: false };

describe('ruleFor', () => {
  it.each([
    ['allowed', 'Bearer', { bound: 'dpop_bound_token_as_bearer', unbound: 'accept', refusesProof: true }],
    ['allowed', 'DPoP', DPOP],
    ['required', 'Bearer', undefined],
    ['required', 'DPoP', DPOP],
    ['disabled', 'Bearer', { bound: 'accept', unbound: 'accept', refusesProof: false }],
    ['disabled', 'DPoP', undefined],
  ] as const)('in mode %s, decides %s', (mode, scheme, rule) => {
    expect(ruleFor(mode, scheme)).toEqual(rule);
  });

  it('verifies the proof of every bound token that comes with DPoP', () => {
    const modes: DpopMode[] = ['allowed', 'required', 'disabled'];
    const decisions = modes.map((mode) => ruleFor(mode, 'DPoP')?.bound ?? 'refused');
    expect(decisions).toEqual(['verify_proof', 'verify_proof', 'refused']);
  });
});

describe('acceptedSchemes', () => {
  it.each([
    ['allowed', ['Bearer', 'DPoP']],
    ['required', ['DPoP']],
    ['disabled', ['Bearer']],
  ] as const)('in mode %s, offers %j', (mode, schemes) => {
    expect(acceptedSchemes(mode)).toEqual(schemes);
  });
});
