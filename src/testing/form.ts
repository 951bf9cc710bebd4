/** Forms of token requests (RFC 6749 §3.2, appendix B). */

import { OAuthRefusal } from './oauth-refusal.ts';
import type { TokenForm } from './types.ts';

/** The fields that mean something to the tenant; each may be there once (RFC 6749 §3.2). */
const SINGLE_FIELDS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'actor_token',
  'actor_token_type',
  'audience',
  'scope',
  'connection',
  'login_hint',
  'organization',
] as const;

export type FormField = (typeof SINGLE_FIELDS)[number];

export function parseForm(body: string): TokenForm {
  const form: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(body)) {
    const before = form[name];
    form[name] = before === undefined ? value : [before, value].flat();
  }
  return form;
}

/** @throws OAuthRefusal when a field that may be there once is repeated */
export function refuseRepeatedFields(form: TokenForm): void {
  const repeated = SINGLE_FIELDS.find((name) => typeof form[name] === 'object');
  if (repeated !== undefined) {
    throw new OAuthRefusal('invalid_request', `The parameter ${repeated} must not be repeated.`);
  }
}

/** A field without a value counts as left out (RFC 6749 §3.2). */
export function optionalField(form: TokenForm, name: FormField): string | undefined {
  const value = form[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws OAuthRefusal when the field is left out */
export function requiredField(form: TokenForm, name: FormField): string {
  const value = optionalField(form, name);
  if (value === undefined) {
    throw new OAuthRefusal('invalid_request', `Missing required parameter: ${name}`);
  }
  return value;
}
