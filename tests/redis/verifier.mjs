/** A process with an API of its own: it verifies the requests that it is sent, and answers what became of each. */
import { importPackage } from './built-package.mjs';
import { CLIENTS } from './clients.mjs';

const { client: clientName, port, domain, audience, issuer, url } = JSON.parse(process.argv[2]);
const { ApiClient } = await importPackage('auth0-api-ts');
const { createRedisStore } = await importPackage('auth0-api-ts/redis');

const { sendCommand, close } = await CLIENTS[clientName](port);
const client = new ApiClient({
  domain,
  audience,
  algorithms: ['ES256'],
  // The tenant answers in the process that started this one.
  customFetch: (input, init) => fetch(String(input).replace(issuer, url), init),
  dpop: { replayStore: createRedisStore({ sendCommand }) },
});

const outcomeOf = (request) =>
  client.verifyRequest(request).then(
    () => 'accepted',
    (error) => error.reason ?? String(error),
  );

process.on('message', async ({ warmUp, requests }) => {
  if (warmUp !== undefined) {
    await client.verifyAccessToken({ accessToken: warmUp });
    process.send('ready');
  } else {
    process.send(await Promise.all(requests.map(outcomeOf)));
  }
});
process.once('disconnect', close);
