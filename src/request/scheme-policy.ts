/**
 * Which scheme is accepted with which token: mode x scheme x binding, as one table. Pure.
 */
import type { AuthScheme } from './credentials.ts';

/** How DPoP is treated: beside Bearer, instead of it, or not at all. */
export type DpopMode = 'allowed' | 'required' | 'disabled';

/** What to do with a token that is verified, once it is known whether it is bound to a DPoP key. */
export type BindingDecision =
  'accept' | 'verify_proof' | 'dpop_bound_token_as_bearer' | 'dpop_binding_missing';

interface SchemeRule {
  readonly bound: BindingDecision;
  readonly unbound: BindingDecision;
  /** Whether a proof beside this scheme contradicts it (RFC 9449 §7.2: it would go unchecked). */
  readonly refusesProof: boolean;
}

const DPOP: SchemeRule = { bound: 'verify_proof', unbound: 'dpop_binding_missing', refusesProof: false };

const POLICY: Readonly<Record<DpopMode, Readonly<Record<AuthScheme, SchemeRule | undefined>>>> = {
  allowed: {
    Bearer: { bound: 'dpop_bound_token_as_bearer', unbound: 'accept', refusesProof: true },
    DPoP: DPOP,
  },
  required: { Bearer: undefined, DPoP: DPOP },
  // A downgrade, spelled out by whoever chooses it: bindings are not enforced.
  disabled: { Bearer: { bound: 'accept', unbound: 'accept', refusesProof: false }, DPoP: undefined },
};

/** The rule of a scheme; `undefined` when the mode does not accept it. */
export function ruleFor(mode: DpopMode, scheme: AuthScheme): SchemeRule | undefined {
  return POLICY[mode][scheme];
}

/** The schemes that a mode accepts, in the order in which they are offered. */
export function acceptedSchemes(mode: DpopMode): readonly AuthScheme[] {
  return (['Bearer', 'DPoP'] as const).filter((scheme) => POLICY[mode][scheme] !== undefined);
}
