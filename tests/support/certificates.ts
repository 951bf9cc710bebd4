/** Certificates for tests, made in the test process: X.509 v3 (RFC 5280) with P-256 keys, written in DER by hand. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** The private key, PEM. */
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate for a host name, or an IPv4 address, or for a client without either. */
  readonly issue: (hostname?: string) => Certificate;
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
};
const DAY = 86_400_000;

/** A new authority, which nobody trusts who is not told to. */
export function createAuthority(name = 'Test Authority'): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const isAuthority = extension(OID.basicConstraints, sequence(tlv(0x01, Buffer.of(0xff))), true);
  return {
    cert: certificateOf(name, pair.publicKey, [isAuthority], { name, key: pair.privateKey }),
    key: pemOf(pair.privateKey),
    issue: (hostname) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = hostname === undefined ? [] : [extension(OID.subjectAltName, sequence(nameOf(hostname)))];
      const issuer = { name, key: pair.privateKey };
      return { cert: certificateOf(hostname ?? 'client', publicKey, names, issuer), key: pemOf(privateKey) };
    },
  };
}

function certificateOf(
  subject: string,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
  issuer: { readonly name: string; readonly key: KeyObject },
): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const signed = sequence(
    tlv(0xa0, tlv(0x02, Buffer.of(2))),
    tlv(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(Date.now() - DAY), time(Date.now() + DAY)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tlv(0xa3, sequence(...extensions))]),
  );
  const der = sequence(signed, algorithm, bits(sign('sha256', signed, issuer.key)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function nameOf(hostname: string): Buffer {
  const isAddress = /^[\d.]+$/.test(hostname);
  return isAddress
    ? tlv(0x87, Buffer.from(hostname.split('.').map(Number)))
    : tlv(0x82, Buffer.from(hostname, 'ascii'));
}

function extension(id: readonly number[], value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [tlv(0x01, Buffer.of(0xff))] : [];
  return sequence(oid(id), ...critical, tlv(0x04, value));
}

function distinguishedName(name: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(OID.commonName), tlv(0x0c, Buffer.from(name)))));
}

/** UTCTime, to the second. */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${digits}Z`, 'ascii'));
}

function oid(bytes: readonly number[]): Buffer {
  return tlv(0x06, Buffer.from(bytes));
}

function bits(value: Buffer): Buffer {
  return tlv(0x03, Buffer.concat([Buffer.of(0), value]));
}

function sequence(...members: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(members));
}

function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), value]);
}
