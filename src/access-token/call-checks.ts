/**
 * The checks that a single call adds to those of the client. They never replace one of them.
 */
import { type ActorRequirements, requireActors, validateActors } from '../actors.ts';
import type { AccessTokenClaims } from '../claims.ts';
import { BaseAuthError, ConfigurationError, VerifyAccessTokenError } from '../errors/index.ts';
import { deepFreeze, isJsonObject } from '../jws/json.ts';
import { readRequirements, requireScopes, type ScopeRequirements } from '../scopes.ts';
import type { ClientCertificate } from './certificate-binding.ts';
import type { StandardSchemaIssue, StandardSchemaResult, StandardSchemaV1 } from '../standard-schema.ts';

/** What one call demands of a token beyond what the client always demands. */
export interface AccessTokenChecks<Claims extends object = object>
  extends ScopeRequirements, ActorRequirements {
  /** Claims that must be present, whatever their value. */
  readonly requiredClaims?: readonly string[] | undefined;
  /**
   * A schema for your own claims (any Standard Schema library). Its output is laid over the claims and types them.
   */
  readonly claimsSchema?: StandardSchemaV1<unknown, Claims> | undefined;
  /**
   * The client certificate of the connection (RFC 8705 §3): PEM, DER, or its SHA-256 thumbprint. A token that is bound
   * to a certificate must be bound to this one. Empty text means there is none.
   */
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** Claims, with those that a schema has typed. */
export type CheckedClaims<Claims extends object> = AccessTokenClaims & Readonly<Claims>;

const REQUIREMENT_NAMES = ['requiredScopes', 'requiredPermissions', 'allowedActors', 'requireActor'];
const CHECK_NAMES = ['requiredClaims', ...REQUIREMENT_NAMES, 'claimsSchema', 'clientCertificate'];

/**
 * Refuses checks that are written wrongly, before any token is looked at: a misspelt check would protect nothing.
 *
 * @param besides names of other members that the object may have
 * @throws ConfigurationError
 */
export function validateChecks(checks: AccessTokenChecks, besides: readonly string[] = []): void {
  validateNames(checks, CHECK_NAMES, besides);
  readRequirements(checks);
  validateActors(checks);
  const { requiredClaims, claimsSchema } = checks as Record<string, unknown>;
  if (requiredClaims !== undefined && !isNameList(requiredClaims)) {
    throw new ConfigurationError('`requiredClaims` must be a list of claim names.');
  }
  if (claimsSchema !== undefined && !isSchema(claimsSchema)) {
    throw new ConfigurationError(
      '`claimsSchema` must be a Standard Schema, such as one of zod, valibot or arktype.',
    );
  }
}

/** The same for what `authorize` takes: it would not enforce the other checks. @throws ConfigurationError */
export function validateRequirements(requirements: ScopeRequirements & ActorRequirements): void {
  validateNames(requirements, REQUIREMENT_NAMES);
  readRequirements(requirements);
  validateActors(requirements);
}

function validateNames(checks: unknown, names: readonly string[], besides: readonly string[] = []): void {
  if (!isJsonObject(checks)) throw new ConfigurationError('The checks must be an object.');
  const unknown = Object.keys(checks).find((name) => !names.includes(name) && !besides.includes(name));
  if (unknown !== undefined) {
    throw new ConfigurationError(`\`${unknown}\` is no check; there are ${names.join(', ')}.`);
  }
}

/**
 * Applies the checks of one call to verified claims; only a schema makes it wait.
 *
 * @param actors what the client demands of actors, on top of what the call does
 * @throws VerifyAccessTokenError `claim_missing`, `act_invalid`, or `claim_invalid` when the schema refuses
 * @throws ActorNotAllowedError when the wrong one acts for the user, or nobody
 * @throws InsufficientScopeError when a scope or a permission is lacking
 */
export function applyChecks<Claims extends object>(
  claims: AccessTokenClaims,
  checks: AccessTokenChecks<Claims>,
  actors: ActorRequirements,
): AccessTokenClaims | Promise<CheckedClaims<Claims>> {
  const absent = checks.requiredClaims?.find((name) => !Object.hasOwn(claims, name));
  if (absent !== undefined) throw new VerifyAccessTokenError('claim_missing', { cause: { name: absent } });
  // Before the scopes: whoever may not act at all need not learn which ones there are.
  requireActors(claims, actors, checks);
  requireScopes(claims, checks);
  return checks.claimsSchema === undefined ? claims : applySchema(claims, checks.claimsSchema);
}

async function applySchema<Claims extends object>(
  claims: AccessTokenClaims,
  schema: StandardSchemaV1<unknown, Claims>,
): Promise<CheckedClaims<Claims>> {
  const value = await validate(claims, schema);
  // TypeScript cannot see through a spread of a generic; this is the intersection that the name promises.
  return deepFreeze({ ...claims, ...value });
}

/** A schema that throws over what a token holds refuses the token: a bad token is never a server error. */
async function validate<Claims extends object>(
  claims: AccessTokenClaims,
  schema: StandardSchemaV1<unknown, Claims>,
): Promise<Claims> {
  try {
    return readResult(await schema['~standard'].validate(claims));
  } catch (error) {
    if (error instanceof BaseAuthError) throw error;
    throw new VerifyAccessTokenError('claim_invalid', { cause: { name: 'claimsSchema', error } });
  }
}

function readResult<Claims extends object>(result: StandardSchemaResult<Claims>): Claims {
  if (!isJsonObject(result)) throw new ConfigurationError('`claimsSchema` gave no result.');
  // Some libraries write null where the interface says undefined.
  if ((result.issues ?? undefined) !== undefined) {
    throw new VerifyAccessTokenError('claim_invalid', {
      cause: { name: 'claimsSchema', actual: describe(result.issues) },
    });
  }
  if (!('value' in result) || !isJsonObject(result.value)) {
    throw new ConfigurationError('`claimsSchema` must produce an object of claims.');
  }
  return result.value;
}

function describe(issues: unknown): string[] {
  if (!Array.isArray(issues)) return [];
  return issues.map(({ message, path }: StandardSchemaIssue) => {
    const keys = path?.map((step) => String(typeof step === 'object' ? step.key : step)) ?? [];
    return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
  });
}

function isNameList(value: unknown): boolean {
  // A copy has no holes, which `every` would pass over, and at which the search for an absent claim would end.
  return (
    Array.isArray(value) &&
    Array.from<unknown>(value).every((name) => typeof name === 'string' && name !== '')
  );
}

function isSchema(value: unknown): boolean {
  // arktype's schemas are functions.
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = '~standard' in value ? value['~standard'] : undefined;
  return isJsonObject(standard) && typeof standard.validate === 'function';
}
