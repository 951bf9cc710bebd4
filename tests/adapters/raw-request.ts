/**
 * A request written byte by byte: with headers that occur twice, without a host, or with a target that no client would
 * send.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface RawRequest {
  readonly target: string;
  readonly method?: string;
  readonly version?: '1.0' | '1.1';
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: () => unknown;
}

export async function sendRaw(
  port: number,
  { target, method = 'GET', version = '1.1', headers }: RawRequest,
): Promise<Answer> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const lines = [...headers, ['Connection', 'close'], ['Content-Length', '0']].map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`${[`${method} ${target} HTTP/${version}`, ...lines].join('\r\n')}\r\n\r\n`);
  return readAnswer((await buffer(socket)).toString('latin1'));
}

function readAnswer(received: string): Answer {
  const end = received.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  const headers = new Headers();
  for (const line of lines)
    headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim());
  const body = received.slice(end + 4);
  const text = headers.get('transfer-encoding') === 'chunked' ? readChunks(body) : body;
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    text,
    json: () => JSON.parse(text) as unknown,
  };
}

function readChunks(body: string): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.slice(at, lineEnd), 16);
    if (!(size > 0)) return text;
    text += body.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
  return text;
}
