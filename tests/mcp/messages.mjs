/** Requests to MCP servers as they are on the wire, for what no well-behaved client would send. */

export const callOf = (name) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: {} },
});

/** Posts a message; what `init` says wins. */
export async function post(url, message, { headers = {}, body = JSON.stringify(message), ...init } = {}) {
  const sent = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  return await fetch(url, { method: 'POST', body, headers: sent, ...init });
}

/** The result of a call, from JSON or from a stream of events. */
export async function resultOf(response) {
  const text = await response.text();
  const data = text.split('\n').find((line) => line.startsWith('data: '));
  const { result } = JSON.parse(data?.slice('data: '.length) ?? text);
  return JSON.parse(result.content[0].text);
}

/** The parameters of a challenge, as far as no value has a comma or a quote in it. */
export function paramsOf(response, scheme) {
  const header = response.headers.get('www-authenticate') ?? '';
  const challenge = header.split(/, (?=[A-Za-z]+ )/).find((part) => part.startsWith(`${scheme} `)) ?? '';
  return Object.fromEntries(
    [...challenge.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}
