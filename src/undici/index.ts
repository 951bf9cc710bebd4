export { createUndiciFetch } from './undici-fetch.ts';
export type { UndiciFetch } from './undici-fetch.ts';
export type { CertificateOption, UndiciFetchOptions } from './options.ts';
