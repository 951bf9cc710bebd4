/** What the tenant answers to one request, whatever carried it: routing, the log, failures. */

import type { TenantConfig } from './config.ts';
import { DISCOVERY_PATH, discoveryDocument, JWKS_PATH, TOKEN_PATH } from './discovery.ts';
import { toFailingAnswer } from './failures.ts';
import type { FailingAnswer } from './failures.ts';
import { parseForm } from './form.ts';
import type { KeyRing } from './keys.ts';
import type { Network } from './network.ts';
import { TOKEN_HEADERS } from './token-endpoint.ts';
import type { TokenRequest } from './token-endpoint.ts';
import type { Failure, FailureTarget, LoggedRequest, TokenForm } from './types.ts';

interface Route {
  readonly target: FailureTarget;
  readonly method: string;
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [DISCOVERY_PATH, { target: 'discovery', method: 'GET' }],
  [JWKS_PATH, { target: 'jwks', method: 'GET' }],
  [TOKEN_PATH, { target: 'token', method: 'POST' }],
]);

export interface Endpoints extends Pick<Network, 'answer'> {
  readonly requests: readonly LoggedRequest[];
  readonly clearRequests: () => void;
  readonly fail: (target: FailureTarget, how: Failure, times?: number) => void;
  readonly recover: (target?: FailureTarget) => void;
}

interface Parts {
  readonly config: TenantConfig;
  readonly keys: KeyRing;
  readonly tokenEndpoint: (request: TokenRequest) => Promise<Response>;
}

export function createEndpoints({ config, keys, tokenEndpoint }: Parts): Endpoints {
  const requests: { -readonly [Name in keyof LoggedRequest]: LoggedRequest[Name] }[] = [];
  const failures = createFailureBoard();

  const real: Record<FailureTarget, (request: TokenRequest) => Promise<Response>> = {
    discovery: () => json(discoveryDocument(config), documentHeaders(config)),
    jwks: () => json(keys.jwks(), documentHeaders(config)),
    token: tokenEndpoint,
  };

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const route = ROUTES.get(pathname);
    const entry: (typeof requests)[number] = {
      kind: route?.target ?? 'other',
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
    };
    requests.push(entry);
    const form = route?.target === 'token' ? await readForm(request) : undefined;
    if (form !== undefined) entry.form = form;

    const response = await respond(route, request, form);
    if (response.type !== 'error') entry.status = response.status;
    return response;
  };

  const respond = (
    route: Route | undefined,
    request: Request,
    form: TokenForm | undefined,
  ): Response | Promise<Response> => {
    if (route?.method !== request.method) return notFound();
    const { target } = route;
    const produce = () => real[target]({ headers: request.headers, form });
    const failing = failures.next(target);
    const headers = target === 'token' ? tokenHeaders() : documentHeaders(config);
    return failing === undefined ? produce() : failing({ target, request, headers, real: produce });
  };

  return {
    answer,
    requests,
    clearRequests: () => {
      requests.length = 0;
    },
    fail: failures.set,
    recover: failures.clear,
  };
}

/** Which endpoint fails how, and how often still. */
function createFailureBoard() {
  const active = new Map<FailureTarget, { readonly answer: FailingAnswer; left: number }>();
  return {
    set: (target: FailureTarget, how: Failure, times = Infinity): void => {
      requireTarget('fail', target);
      active.set(target, { answer: toFailingAnswer(target, how), left: times });
    },
    clear: (target?: FailureTarget): void => {
      if (target === undefined) {
        active.clear();
        return;
      }
      requireTarget('recover', target);
      active.delete(target);
    },
    next: (target: FailureTarget): FailingAnswer | undefined => {
      const failure = active.get(target);
      if (failure === undefined) return undefined;
      failure.left -= 1;
      if (failure.left <= 0) active.delete(target);
      return failure.answer;
    },
  };
}

function requireTarget(call: string, target: FailureTarget): void {
  if ([...ROUTES.values()].some((route) => route.target === target)) return;
  throw new TypeError(`${call}: there is no endpoint '${target}'; write 'discovery', 'jwks' or 'token'`);
}

/** A failing endpoint may still want to read the body, so a copy is read here. */
async function readForm(request: Request): Promise<TokenForm | undefined> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  return parseForm(await request.clone().text());
}

function documentHeaders({ cacheControl }: TenantConfig): Headers {
  return new Headers({
    'content-type': 'application/json; charset=utf-8',
    ...(cacheControl !== false && { 'cache-control': cacheControl }),
  });
}

function tokenHeaders(): Headers {
  return new Headers({ 'content-type': 'application/json', ...TOKEN_HEADERS });
}

function json(body: unknown, headers: Headers): Promise<Response> {
  return Promise.resolve(Response.json(body, { headers }));
}

function notFound(): Response {
  return Response.json({ error: 'not_found', error_description: 'Not Found' }, { status: 404 });
}
