/** Token exchange (RFC 8693): on behalf of a user of this tenant, and by exchange profile. */

import { randomBytes } from 'node:crypto';
import { optionalField, requiredField } from './form.ts';
import { answerWithAccessToken, requestedAudience } from './grant.ts';
import type { Grant, TokenAnswer } from './grant.ts';
import { isRecord } from './members.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { checkOptions, SUBJECT_CHECKS } from './options.ts';
import { verifyOwnToken } from './received-tokens.ts';
import type { ExchangeSubject } from './types.ts';

export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';

/** Auth0 issues no token with a longer delegation chain. */
const MAX_ACTORS = 5;

export async function exchangeToken(grant: Grant): Promise<TokenAnswer> {
  const { form } = grant;
  const subjectToken = requiredField(form, 'subject_token');
  const subjectTokenType = requiredField(form, 'subject_token_type');
  if ((optionalField(form, 'requested_token_type') ?? ACCESS_TOKEN_TYPE) !== ACCESS_TOKEN_TYPE) {
    throw new OAuthRefusal('invalid_request', 'Unsupported requested_token_type.');
  }
  const answer =
    subjectTokenType === ACCESS_TOKEN_TYPE
      ? await exchangeOnBehalfOf(grant, subjectToken)
      : await exchangeByProfile(grant, await subjectByProfile(grant, subjectToken, subjectTokenType));
  return { ...answer, issued_token_type: ACCESS_TOKEN_TYPE };
}

/**
 * A token for the same user and another API. The client joins the chain of actors; a key binding is not handed on,
 * because the key is the caller's and not the client's.
 */
async function exchangeOnBehalfOf(grant: Grant, subjectToken: string): Promise<TokenAnswer> {
  const { form, client } = grant;
  const subject = await verifyOwnToken(subjectToken, client.audience, grant);
  const audience = requestedAudience(grant);
  if (audience === undefined) {
    throw new OAuthRefusal('invalid_request', 'Missing required parameter: audience');
  }
  const actor = await actorOf(grant);
  const act = { sub: actor ?? client.clientId, ...(subject.act !== undefined && { act: subject.act }) };
  refuseLongChain(act);
  return answerWithAccessToken(grant, {
    audience,
    sub: subject.sub,
    scope: optionalField(form, 'scope') ?? (typeof subject.scope === 'string' ? subject.scope : undefined),
    claims: { act, org_id: optionalField(form, 'organization') ?? subject.org_id },
  });
}

/** A token for the user for whom a token from elsewhere stands. */
async function exchangeByProfile(grant: Grant, subject: ExchangeSubject): Promise<TokenAnswer> {
  const { form, config, tokens, client } = grant;
  const scope = optionalField(form, 'scope');
  const granted = (name: string) => scope?.split(' ').includes(name) === true;
  const actor = await actorOf(grant);
  const answer = answerWithAccessToken(grant, {
    audience: requestedAudience(grant) ?? config.audience,
    sub: subject.sub,
    scope,
    claims: {
      act: actor === undefined ? undefined : { sub: actor },
      org_id: optionalField(form, 'organization'),
      ...subject.claims,
    },
  });
  return {
    ...answer,
    ...(granted('openid') && { id_token: tokens.idToken({ sub: subject.sub, clientId: client.clientId }) }),
    ...(granted('offline_access') && { refresh_token: `v1.${randomBytes(32).toString('base64url')}` }),
  };
}

async function subjectByProfile(grant: Grant, token: string, type: string): Promise<ExchangeSubject> {
  const profile = grant.config.exchangeProfiles.get(type);
  if (profile === undefined) throw new OAuthRefusal('invalid_request', `Unsupported token type: ${type}`);
  const subject = await profile(token, grant.form);
  if (subject === undefined) throw new OAuthRefusal('invalid_grant', 'The token was not accepted.');
  return checkOptions(`the result of exchangeProfiles['${type}']`, subject, SUBJECT_CHECKS);
}

/** Who acts, when the request brings an actor token; its two fields come together (RFC 8693 §2.1). */
async function actorOf(grant: Grant): Promise<string | undefined> {
  const token = optionalField(grant.form, 'actor_token');
  const type = optionalField(grant.form, 'actor_token_type');
  if (token === undefined && type === undefined) return undefined;
  if (token === undefined || type === undefined) {
    throw new OAuthRefusal('invalid_request', 'actor_token and actor_token_type must come together.');
  }
  const { sub } =
    type === ACCESS_TOKEN_TYPE
      ? await verifyOwnToken(token, undefined, grant)
      : await subjectByProfile(grant, token, type);
  return sub;
}

function refuseLongChain(newest: unknown): void {
  let actors = 0;
  for (let act = newest; act !== undefined; act = act.act) {
    if (!isRecord(act) || typeof act.sub !== 'string') {
      throw new OAuthRefusal('invalid_request', 'The act claim of the subject token is malformed.');
    }
    actors += 1;
  }
  if (actors > MAX_ACTORS) {
    throw new OAuthRefusal('invalid_request', `A delegation chain has at most ${MAX_ACTORS} actors.`);
  }
}
