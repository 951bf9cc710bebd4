import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../../src/access-token/read-certificate.ts';
import { createCertificate } from '../../support/certificate.ts';

const certificate = createCertificate();
const { der, pem, thumbprint, hex, fingerprint256 } = certificate;
const body = pem.replace(/-----[^-]+-----|\s/g, '');
const wrap = (text: string, label = 'CERTIFICATE') =>
  `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;

describe('readCertificate', () => {
  it.each<[string, string]>([
    ['PEM', pem],
    ['PEM without a line end behind it', pem.trim()],
    ['PEM with Windows line ends', pem.replaceAll('\n', '\r\n')],
    ['PEM on one line', pem.replaceAll('\n', ' ')],
    ['PEM without any line end', pem.replaceAll('\n', '')],
    ['PEM with tabs, as $ssl_client_cert', pem.replaceAll('\n', '\n\t')],
    ['PEM in lines of another length', wrap(body.replace(/.{10}/g, '$&\n'))],
    ['percent-encoded, as $ssl_client_escaped_cert', encodeURIComponent(pem)],
    ['percent-encoded except + / =', encodeURIComponent(pem).replace(/%2B|%2F|%3D/g, decodeURIComponent)],
    [
      'percent-encoded in lower case',
      encodeURIComponent(pem).replace(/%../g, (octet) => octet.toLowerCase()),
    ],
  ])('reads %s', (_form, text) => {
    expect(readCertificate(text)).toEqual({ der });
  });

  it('reads DER in any view of bytes, and takes a copy', () => {
    const padded = new Uint8Array(der.length + 20);
    padded.set(der, 7);
    const view = padded.subarray(7, 7 + der.length);
    for (const bytes of [der, Buffer.from(der), view, new DataView(padded.buffer, 7, der.length)])
      expect(readCertificate(bytes)).toEqual({ der });
    const form = readCertificate(view);
    padded.fill(0);
    expect(form).toEqual({ der });
  });

  it.each([thumbprint, hex, hex.toUpperCase(), fingerprint256, fingerprint256.toLowerCase()])(
    'reads the thumbprint %s',
    (text) => {
      expect(readCertificate(text)).toEqual({ thumbprint });
    },
  );

  it('reads a digest whose base64 has every character', () => {
    const digest = Buffer.from('fbefbefbefbefbefbefbefffffffffffffffffff00000000000000000000abcd', 'hex');
    const expected = { thumbprint: digest.toString('base64url') };
    expect(readCertificate(digest.toString('hex'))).toEqual(expected);
    expect(readCertificate(digest.toString('base64url'))).toEqual(expected);
  });

  const derWith = (index: number, byte: number) =>
    Uint8Array.from(der, (old, at) => (at === index ? byte : old));
  it.each<[string, unknown]>([
    ['an empty text', ''],
    ['blanks', '  '],
    ['a word', 'certificate'],
    ['what Apache writes without one', '(null)'],
    ['only the frame', wrap('')],
    ['no end', pem.replace(/-----END[^]*/, '')],
    ['no beginning', pem.replace(/-----BEGIN CERTIFICATE-----/, '')],
    ['two', pem + pem],
    ['something in front', `subject=CN\n${pem}`],
    ['something behind', `${pem}x`],
    ['a comma list', `${pem},${pem}`],
    ['another label', wrap(body, 'TRUSTED CERTIFICATE')],
    ['a private key', wrap(body, 'PRIVATE KEY')],
    ['a public key', wrap(body, 'PUBLIC KEY')],
    ['base64url in it', wrap(body.replace(/.$/, '_'))],
    ['a control character in it', wrap(`${body}\u0000`)],
    ['a padding that is none', wrap(`${body}====`)],
    ['padding in the middle', wrap(`${body.slice(0, 8)}====${body.slice(8)}`)],
    ['leftover bits', wrap('MB==')],
    ['text as base64', wrap(btoa('not a certificate'))],
    ['a character missing', wrap(body.slice(0, -1))],
    ['four characters missing', wrap(body.slice(0, -4))],
    ['two certificates in one frame', wrap(btoa(String.fromCharCode(...der, ...der)))],
    ['bare base64', body],
    ['a broken percent-encoding', `${encodeURIComponent(pem)}%`],
    ['a percent-encoding of no UTF-8', `${encodeURIComponent(pem)}%ff`],
    ['percent-encoded twice', encodeURIComponent(encodeURIComponent(pem))],
    ['too long', `${' '.repeat(70_000)}${pem}`],
    ['a megabyte of frame', '-----BEGIN CERTIFICATE-----'.repeat(40_000)],
    ['a thumbprint with padding', `${thumbprint}=`],
    ['a thumbprint with a blank', ` ${thumbprint}`],
    ['a thumbprint with leftover bits', `${'A'.repeat(42)}B`],
    ['a thumbprint in base64', `${'A'.repeat(41)}+A`],
    ['a shorter thumbprint', thumbprint.slice(1)],
    ['a longer digest', `${hex}00`],
    ['a shorter digest', hex.slice(2)],
    ['a digest with a letter beyond f', hex.replace(/^./, 'g')],
    ['a digest with some colons', fingerprint256.replace(':', '')],
    ['no bytes', new Uint8Array()],
    ['two bytes', der.subarray(0, 2)],
    ['zeros', new Uint8Array(400)],
    ['DER cut short', der.subarray(0, -1)],
    ['DER with a byte behind it', Uint8Array.from([...der, 0])],
    ['DER of another type', derWith(0, 0x31)],
    ['DER of an indefinite length', derWith(1, 0x80)],
    ['DER of a length in four bytes', derWith(1, 0x84)],
    ['DER of another length', derWith(3, (der[3] ?? 0) ^ 1)],
    ['DER with something else in it', derWith(4, 0x02)],
    ['too many bytes', new Uint8Array(70_000)],
    ['a number', 7],
    ['true', true],
    ['null', null],
    ['a list of texts', [pem]],
    ['a list of bytes', [...der]],
    ['an ArrayBuffer', Uint8Array.from(der).buffer],
    ['an object of node:tls', { raw: der }],
    ['a function', () => pem],
  ])('reads no certificate in %s', (_what, value) => {
    expect(readCertificate(value)).toBeUndefined();
  });
});
