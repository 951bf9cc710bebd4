/** Which hosts are reached without the proxy: the list that `NO_PROXY` holds, read as curl and Go read it. Pure. */
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** Whether a host is reached directly. An IPv6 address comes without brackets. */
export type IsDirect = (hostname: string, port: number) => boolean;

interface Rule {
  readonly matches: (hostname: string) => boolean;
  /** Any port when absent. */
  readonly port: number | undefined;
}

/** `host`, `host:8443`, `[::1]`, `[::1]:8443`; the port is the last group. */
const HOST_AND_PORT = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/;
const RANGE = /^(.+)\/(\d{1,3})$/;
/** What no host has, and what tells a URL from one. */
const NO_HOST = /[\s/\\@?#]/;

/**
 * @param entries as in `NO_PROXY`: `*`, a domain (which stands for its subdomains, too), `.domain` or `*.domain` (only
 *   them), an address, a range such as `10.0.0.0/8`; all but a range with a port, if need be. Entries that are blank
 *   are skipped.
 * @returns `undefined` when an entry is none of this
 */
export function readNoProxy(entries: readonly string[]): IsDirect | undefined {
  const rules: Rule[] = [];
  for (const entry of entries.map((text) => text.trim().toLowerCase()).filter((text) => text !== '')) {
    const rule = readRule(entry);
    if (rule === undefined) return undefined;
    rules.push(rule);
  }
  return (hostname, port) => {
    const name = withoutDot(hostname.toLowerCase());
    return rules.some((rule) => (rule.port === undefined || rule.port === port) && rule.matches(name));
  };
}

function readRule(entry: string): Rule | undefined {
  if (entry === '*') return { matches: () => true, port: undefined };
  // Without brackets the last group of an IPv6 address would pass for a port.
  if (isIP(entry) !== 0) return { matches: addressRule(entry), port: undefined };

  const [, base = '', bits = ''] = RANGE.exec(entry) ?? [];
  if (isIP(base) !== 0) {
    const isRange = Number(bits) <= (isIP(base) === 4 ? 32 : 128);
    return isRange ? { matches: addressRule(base, Number(bits)), port: undefined } : undefined;
  }

  const [, address, host, digits] = HOST_AND_PORT.exec(entry) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (address !== undefined) return isIP(address) === 6 ? { matches: addressRule(address), port } : undefined;
  if (host === undefined || NO_HOST.test(host)) return undefined;
  if (isIP(host) === 4) return { matches: addressRule(host), port };
  return nameRule(host, port);
}

function nameRule(host: string, port: number | undefined): Rule | undefined {
  const onlySubdomains = /^\*?\./.test(host);
  // As it stands in URLs: in ASCII.
  const name = domainToASCII(withoutDot(host.replace(/^\*?\./, '')));
  if (name === '' || name.includes('*')) return undefined;
  const suffix = `.${name}`;
  return { matches: (other) => (!onlySubdomains && other === name) || other.endsWith(suffix), port };
}

function addressRule(base: string, bits?: number): (hostname: string) => boolean {
  const list = new BlockList();
  const family = familyOf(base);
  if (bits === undefined) list.addAddress(base, family);
  else list.addSubnet(base, bits, family);
  return (hostname) => isIP(hostname) !== 0 && list.check(hostname, familyOf(hostname));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** `example.com.` is `example.com`, told with its root. */
function withoutDot(name: string): string {
  return name.replace(/\.$/, '');
}
