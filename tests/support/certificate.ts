/**
 * A self-signed client certificate (RFC 5280 §4.1), made by hand: node:crypto reads them and does not write them.
 */
import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';

export interface TestCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  /** The SHA-256 thumbprint in base64url, as a token names it. */
  readonly thumbprint: string;
  readonly hex: string;
  /** Hexadecimal digits in upper case with colons, as node:tls writes them. */
  readonly fingerprint256: string;
  /** In PEM, for the end of a TLS connection. */
  readonly privateKey: string;
}

export function createCertificate(commonName = 'client'): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
  const name = sequence(
    tlv(0x31, sequence(Buffer.from('0603550403', 'hex'), tlv(0x0c, Buffer.from(commonName)))),
  );
  const validity = sequence(
    ...['260101000000Z', '360101000000Z'].map((time) => tlv(0x17, Buffer.from(time))),
  );
  const version3 = Buffer.from('a003020102', 'hex');
  const serialNumber = Buffer.from('020101', 'hex');
  const subjectKey = publicKey.export({ format: 'der', type: 'spki' });
  const unsigned = sequence(version3, serialNumber, ecdsaWithSha256, name, validity, name, subjectKey);
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', unsigned, privateKey)]));
  const certificate = new X509Certificate(sequence(unsigned, ecdsaWithSha256, signature));
  const digest = createHash('sha256').update(certificate.raw).digest();
  return {
    der: Uint8Array.from(certificate.raw),
    pem: certificate.toString(),
    thumbprint: digest.toString('base64url'),
    hex: digest.toString('hex'),
    fingerprint256: certificate.fingerprint256,
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

function sequence(...members: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(members));
}

/** Tag, length, value; all of them are shorter than 65,536 bytes. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const header = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...header]), value]);
}
