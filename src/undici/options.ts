/** What a fetch on undici is made from: the documented options, and the one place where they are checked. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Environment, type ProxyFor, readProxies } from './proxies.ts';

/** PEM text, with as many certificates as it has, or bytes: PEM, or one certificate in DER. */
export type CertificateOption = string | Uint8Array | readonly (string | Uint8Array)[];

/** Durations are seconds and may be fractions. `undefined` means absent. */
export interface UndiciFetchOptions {
  /**
   * The proxy for all requests: its http or https URL, with credentials if it wants them, `user` and `password` percent-
   * encoded. `false` goes without one. Default `'environment'`: `HTTPS_PROXY` for https addresses and `HTTP_PROXY` for
   * http ones, in lower case or in upper case, read once when the fetch is made. Under CGI, `HTTP_PROXY` is not read.
   *
   * The proxy is asked for a tunnel (`CONNECT`), also for http addresses: it learns the host and the port, and with
   * https nothing else.
   */
  readonly proxy?: string | URL | false | undefined;
  /**
   * Hosts that are reached without the proxy: `*`, a domain with its subdomains, `.domain` or `*.domain` for the
   * subdomains alone, an address, a range of addresses such as `10.0.0.0/8`; with `:port` for that port alone. A list, or
   * a text with commas. Names are compared as they stand in the URL and not looked up. Default: none; with the proxies of
   * the environment, `NO_PROXY`.
   */
  readonly noProxy?: string | readonly string[] | undefined;
  /**
   * The authorities that servers' certificates must come from, in place of those that Node trusts. To trust both, add
   * `rootCertificates` of `node:tls`.
   */
  readonly ca?: CertificateOption | undefined;
  /** The authorities for the certificate of an https proxy; `ca` by default. */
  readonly proxyCa?: CertificateOption | undefined;
  /**
   * The certificate, and those of intermediate authorities behind it, that is shown to servers that ask for one (mTLS).
   * Needs `key`. A proxy never sees it.
   */
  readonly cert?: CertificateOption | undefined;
  /** The private key of `cert`, in PEM. */
  readonly key?: string | Uint8Array | undefined;
  /** The passphrase of `key` when that is encrypted. */
  readonly passphrase?: string | undefined;
  /** How many connections one origin may have at a time; more requests wait for one of them. Default: any number. */
  readonly connections?: number | undefined;
  /**
   * How long a connection is kept for another request after the last one, when the server says nothing; what it says in
   * `Keep-Alive` counts for more. Default 4, at most 600.
   */
  readonly keepAliveSeconds?: number | undefined;
  /** The limit on opening a connection, and with a proxy on opening the tunnel before. Default 10, at most 300. */
  readonly connectTimeoutSeconds?: number | undefined;
}

/** What both ends of a connection are held to. Nothing in the environment loosens it. */
export interface TlsSettings {
  readonly ca: string[] | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** Spelled out, because `NODE_TLS_REJECT_UNAUTHORIZED=0` would turn the default off. */
  readonly rejectUnauthorized: true;
}

export interface ResolvedOptions {
  readonly proxyFor: ProxyFor;
  readonly tls: TlsSettings;
  readonly proxyTls: TlsSettings;
  readonly connections: number | undefined;
  readonly keepAliveMs: number;
  readonly connectTimeoutMs: number;
}

const DEFAULT_KEEP_ALIVE_SECONDS = 4;
const DEFAULT_CONNECT_TIMEOUT_SECONDS = 10;
const MAX_KEEP_ALIVE_SECONDS = 600;
const MAX_CONNECT_TIMEOUT_SECONDS = 300;
const NAMES =
  'proxy, noProxy, ca, proxyCa, cert, key, passphrase, connections, keepAliveSeconds, connectTimeoutSeconds';
const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** @throws TypeError that names what is wrong, without its value: most of it is secret, or tells where secrets are */
export function readOptions(options: UndiciFetchOptions, environment: Environment): ResolvedOptions {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TypeError('createUndiciFetch: the options must be an object');
  }
  const {
    proxy = 'environment',
    noProxy,
    ca,
    proxyCa = ca,
    cert,
    key,
    passphrase,
    connections,
    keepAliveSeconds = DEFAULT_KEEP_ALIVE_SECONDS,
    connectTimeoutSeconds = DEFAULT_CONNECT_TIMEOUT_SECONDS,
    ...others
  } = options;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new TypeError(`createUndiciFetch: there is no option \`${unknown}\`; the options are ${NAMES}`);
  }
  if (!isProxy(proxy)) {
    refuseOption('proxy', "must be the URL of a proxy, 'environment', or false for none");
  }
  if (noProxy !== undefined && !isNoProxy(noProxy)) {
    refuseOption('noProxy', 'must be a list of hosts, or a text with commas');
  }
  if (connections !== undefined && !(Number.isSafeInteger(connections) && connections > 0)) {
    refuseOption('connections', 'must be a whole number above 0');
  }
  return {
    proxyFor: readProxies(proxy, noProxy, environment, refuse),
    tls: {
      ca: readCertificates('ca', ca),
      ...readIdentity(cert, key, passphrase),
      rejectUnauthorized: true,
    },
    proxyTls: { ca: readCertificates(proxyCa === ca ? 'ca' : 'proxyCa', proxyCa), rejectUnauthorized: true },
    connections,
    keepAliveMs: readSeconds('keepAliveSeconds', keepAliveSeconds, MAX_KEEP_ALIVE_SECONDS),
    connectTimeoutMs: readSeconds(
      'connectTimeoutSeconds',
      connectTimeoutSeconds,
      MAX_CONNECT_TIMEOUT_SECONDS,
    ),
  };
}

function isProxy(value: unknown): boolean {
  return value === false || (typeof value === 'string' && value.trim() !== '') || value instanceof URL;
}

function isNoProxy(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function readSeconds(name: string, value: unknown, most: number): number {
  // Written so that NaN is refused, too.
  if (!(typeof value === 'number' && value > 0 && value <= most)) {
    refuseOption(name, `must be a number of seconds above 0, at most ${most}`);
  }
  return Math.ceil(value * 1000);
}

/** Every certificate in PEM: TLS would skip what it cannot read, and trust nobody or, worse, too few. */
function readCertificates(name: string, value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  const certificates = parts.flatMap((part) => readPart(part) ?? []);
  if (certificates.length === 0 || parts.some((part) => readPart(part) === undefined)) {
    refuseOption(name, 'must hold certificates in PEM, or one in DER as bytes; it takes no path of a file');
  }
  return certificates;
}

function readPart(part: unknown): string[] | undefined {
  if (typeof part !== 'string' && !ArrayBuffer.isView(part)) return undefined;
  const text = typeof part === 'string' ? part : textOf(part);
  const inPem = text.match(PEM_CERTIFICATE) ?? [];
  if (inPem.length !== text.split('-----BEGIN').length - 1) return undefined;
  try {
    if (inPem.length > 0) return inPem.map((pem) => new X509Certificate(pem).toString());
    return typeof part === 'string' ? undefined : [new X509Certificate(bytesOf(part)).toString()];
  } catch {
    return undefined;
  }
}

function readIdentity(
  cert: unknown,
  key: unknown,
  passphrase: unknown,
): Partial<Pick<TlsSettings, 'cert' | 'key' | 'passphrase'>> {
  if (cert === undefined && key === undefined) {
    return passphrase === undefined
      ? {}
      : refuseOption('passphrase', 'is of no use without `cert` and `key`');
  }
  if (cert === undefined || key === undefined) {
    refuseOption(cert === undefined ? 'key' : 'cert', 'needs the other one of `cert` and `key`');
  }
  if (passphrase !== undefined && typeof passphrase !== 'string') {
    refuseOption('passphrase', 'must be a string');
  }
  const chain = readCertificates('cert', cert) ?? [];
  const pem = typeof key === 'string' ? key : ArrayBuffer.isView(key) ? textOf(key) : undefined;
  const isOfCertificate = pem === undefined ? undefined : keyMatches(chain[0] ?? '', pem, passphrase);
  if (pem === undefined || isOfCertificate === undefined) {
    refuseOption('key', 'must be a private key in PEM; an encrypted one needs its `passphrase`');
  }
  if (!isOfCertificate) refuseOption('key', 'is not the key of the first certificate in `cert`');
  return { cert: chain.join(''), key: pem, ...(passphrase === undefined ? {} : { passphrase }) };
}

/** `undefined` when the key cannot be read. */
function keyMatches(certificate: string, key: string, passphrase: string | undefined): boolean | undefined {
  try {
    const privateKey = createPrivateKey({
      key,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
    return new X509Certificate(certificate).checkPrivateKey(privateKey);
  } catch {
    return undefined;
  }
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

/** Byte by byte, so that DER passes through unharmed as text without PEM in it. */
function textOf(view: ArrayBufferView): string {
  return bytesOf(view).toString('latin1');
}

function refuseOption(name: string, problem: string): never {
  return refuse(`the option \`${name}\``, problem);
}

function refuse(name: string, problem: string): never {
  throw new TypeError(`createUndiciFetch: ${name} ${problem}`);
}
