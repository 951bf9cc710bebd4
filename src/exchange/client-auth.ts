/** How this client shows the token endpoint who it is: one table of methods (RFC 6749 §2.3, RFC 7523, RFC 8705). */

import { ConfigurationError } from '../errors/index.ts';
import { currentValue, type Rotated } from '../platform/rotated.ts';
import { JWT_BEARER, type AssertionSigner, type SigningKey } from './client-assertion.ts';
import type { FormField } from './extra.ts';

/** The names that the IANA registry of token endpoint authentication methods gives them. */
export type ClientAuthMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth';

/** The client, as it is configured. */
export interface ClientIdentity {
  readonly clientId?: string | undefined;
  readonly clientSecret?: Rotated<string> | undefined;
  readonly clientAssertionSigningKey?: Rotated<SigningKey> | undefined;
  readonly clientAssertionSigningAlg?: string | undefined;
  readonly clientAuthMethod?: ClientAuthMethod | undefined;
}

/** What one request carries to prove who sends it. */
export interface ClientProof {
  /** The value of the `Authorization` header, for the one method that uses it. */
  readonly authorization?: string;
  readonly fields: readonly FormField[];
  /** Whatever of it must not appear in an error. */
  readonly secrets: readonly string[];
}

/** What a request is proven with, beside the client's own options. */
export interface ClientProofContext {
  readonly issuer: string;
  readonly timeoutSeconds: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sign: AssertionSigner;
}

interface Method {
  /** The option without which there is nothing to prove with; `undefined` where the connection itself is the proof. */
  readonly needs: 'clientSecret' | 'clientAssertionSigningKey' | undefined;
  /** Whether the endpoint is the one for clients with a certificate (RFC 8705 §5). */
  readonly usesTls: boolean;
  readonly prove: (
    clientId: string,
    client: ClientIdentity,
    context: ClientProofContext,
  ) => Promise<ClientProof> | ClientProof;
}

/** The certificate is shown by the transport; all that is said is whose it is. */
const BY_CERTIFICATE: Method = {
  needs: undefined,
  usesTls: true,
  prove: (clientId) => ({ fields: [['client_id', clientId]], secrets: [] }),
};

const METHODS: Readonly<Record<ClientAuthMethod, Method>> = {
  client_secret_basic: {
    needs: 'clientSecret',
    usesTls: false,
    prove: async (clientId, client, context) => {
      const secret = await currentSecret(client, context);
      return {
        authorization: basicAuthorization(clientId, secret),
        fields: [],
        secrets: [secret],
      };
    },
  },
  client_secret_post: {
    needs: 'clientSecret',
    usesTls: false,
    prove: async (clientId, client, context) => {
      const secret = await currentSecret(client, context);
      return {
        fields: [
          ['client_id', clientId],
          ['client_secret', secret],
        ],
        secrets: [secret],
      };
    },
  },
  private_key_jwt: {
    needs: 'clientAssertionSigningKey',
    usesTls: false,
    prove: async (clientId, client, context) => {
      const key = await currentValue(
        client.clientAssertionSigningKey,
        'clientAssertionSigningKey',
        context.timeoutSeconds,
      );
      const assertion = await context.sign({
        key,
        algorithm: client.clientAssertionSigningAlg,
        clientId,
        audience: context.issuer,
        nowSeconds: Math.floor(context.now() / 1000),
      });
      return {
        fields: [
          ['client_id', clientId],
          ['client_assertion_type', JWT_BEARER],
          ['client_assertion', assertion],
        ],
        secrets: [assertion],
      };
    },
  },
  tls_client_auth: BY_CERTIFICATE,
  self_signed_tls_client_auth: BY_CERTIFICATE,
};

/** A client that has all it needs to prove who it is. */
export interface ClientAuthentication {
  readonly clientId: string;
  readonly usesTls: boolean;
  /** Made anew for each request: an assertion is good for one. @throws ConfigurationError */
  readonly prove: (context: ClientProofContext) => Promise<ClientProof>;
}

/** How this client proves who it is, or the name of the option that it lacks. A key wins over a secret. */
export function authenticationOf(
  client: ClientIdentity,
): { readonly value: ClientAuthentication } | { readonly missing: string } {
  const { clientId } = client;
  if (!clientId) return { missing: 'clientId' };
  const byDefault = client.clientAssertionSigningKey ? 'private_key_jwt' : 'client_secret_basic';
  const method = METHODS[client.clientAuthMethod ?? byDefault];
  if (method.needs !== undefined && !client[method.needs]) return { missing: method.needs };
  return {
    value: {
      clientId,
      usesTls: method.usesTls,
      prove: async (context) => await method.prove(clientId, client, context),
    },
  };
}

/**
 * The value of the `Authorization` header for a client with a secret (RFC 6749 §2.3.1). Both parts are form-encoded
 * before they are joined, so that a colon or a letter outside ASCII cannot be misread.
 */
export function basicAuthorization(clientId: string, clientSecret: string): string {
  // Form-encoded text is ASCII, which is all that `btoa` can take.
  return `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}`;
}

/** One value as `application/x-www-form-urlencoded` writes it. */
export function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

async function currentSecret(client: ClientIdentity, context: ClientProofContext): Promise<string> {
  const secret: unknown = await currentValue(client.clientSecret, 'clientSecret', context.timeoutSeconds);
  if (typeof secret === 'string' && secret.trim() !== '') return secret;
  throw new ConfigurationError(
    '`clientSecret` must be a string that is not empty, or a function that returns one.',
  );
}
