/** Which proxy, if any, leads to a host: from the option, or from the environment. */
import { type IsDirect, readNoProxy } from './no-proxy.ts';

/** A proxy, with its credentials apart, so that its address may be told to an operator. */
export interface Proxy {
  /** `http://proxy.example.com:3128`, without credentials. */
  readonly origin: string;
  readonly isTls: boolean;
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
}

/** The proxy on the way to a host; `undefined` when there is none. */
export type ProxyFor = (protocol: string, hostname: string, port: number) => Proxy | undefined;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Whoever reads a setting says what is wrong with it, by name and without its value. */
type Refuse = (name: string, problem: string) => never;

const PROXY = 'must be the http or https URL of a proxy';
const NO_PROXY = 'must list hosts, such as `localhost,.internal.example.com,10.0.0.0/8`';

/** @param refuse is called for a proxy or a list that cannot be read, and throws */
export function readProxies(
  proxy: string | URL | false,
  noProxy: string | readonly string[] | undefined,
  environment: Environment,
  refuse: Refuse,
): ProxyFor {
  if (proxy === false) return () => undefined;
  if (proxy === 'environment') return readEnvironment(noProxy, environment, refuse);

  const only = readProxy(String(proxy)) ?? refuse('the option `proxy`', PROXY);
  const isDirect = readOption(noProxy ?? [], refuse);
  return (_protocol, hostname, port) => (isDirect(hostname, port) ? undefined : only);
}

function readEnvironment(
  noProxy: string | readonly string[] | undefined,
  environment: Environment,
  refuse: Refuse,
): ProxyFor {
  const proxyOf = (name: string): Proxy | undefined => {
    const text = read(environment, name);
    if (text === undefined) return undefined;
    return readProxy(text) ?? refuse(`the environment variable ${name}`, PROXY);
  };
  const https = proxyOf('HTTPS_PROXY');
  // Under CGI, HTTP_PROXY is a request header named Proxy, and whoever sends the request chooses it (CVE-2016-5385).
  const http = environment.REQUEST_METHOD === undefined ? proxyOf('HTTP_PROXY') : undefined;
  const isDirect =
    noProxy === undefined
      ? (readNoProxy((read(environment, 'NO_PROXY') ?? '').split(/[,\s]/)) ??
        refuse('the environment variable NO_PROXY', NO_PROXY))
      : readOption(noProxy, refuse);
  return (protocol, hostname, port) => {
    const proxy = protocol === 'https:' ? https : http;
    return proxy === undefined || isDirect(hostname, port) ? undefined : proxy;
  };
}

/** The spelling in lower case is the older one and comes first, as with curl; an empty value is none. */
function read(environment: Environment, name: string): string | undefined {
  return [environment[name.toLowerCase()], environment[name]].find(
    (text) => text !== undefined && text.trim() !== '',
  );
}

function readOption(noProxy: string | readonly string[], refuse: Refuse): IsDirect {
  const entries = typeof noProxy === 'string' ? noProxy.split(/[,\s]/) : noProxy;
  return readNoProxy(entries) ?? refuse('the option `noProxy`', NO_PROXY);
}

function readProxy(text: string): Proxy | undefined {
  const trimmed = text.trim();
  // `proxy.example.com:3128`, as many environments have it; a URL parser would take the host for the scheme.
  const url = parseUrl(trimmed.includes('://') ? trimmed : `http://${trimmed}`);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return undefined;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return undefined;
  const authorization = readCredentials(url);
  if (authorization === null) return undefined;
  const isTls = url.protocol === 'https:';
  return {
    origin: `${url.protocol}//${url.host}`,
    isTls,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    authorization,
  };
}

/** `null` when the credentials cannot be decoded, or have a colon in the name, which Basic has no place for. */
function readCredentials({ username, password }: URL): string | undefined | null {
  if (username === '' && password === '') return undefined;
  try {
    const name = decodeURIComponent(username);
    if (name.includes(':')) return null;
    return `Basic ${Buffer.from(`${name}:${decodeURIComponent(password)}`).toString('base64')}`;
  } catch {
    return null;
  }
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
