/** The tenant as request handlers of Mock Service Worker. */

import { createRequire } from 'node:module';
import type * as Msw from 'msw';
import type { Network } from './network.ts';

/** @throws Error when msw is not installed */
export function createHandlers({ origin, answer }: Network): Msw.HttpHandler[] {
  const { http } = loadMsw();
  return [http.all(`${origin}/*`, ({ request }) => answer(request))];
}

// msw is an optional peer, and the handlers are wanted at once: neither a static nor a dynamic import will do.
function loadMsw(): typeof Msw {
  let loaded: unknown;
  try {
    loaded = createRequire(import.meta.url)('msw');
  } catch (cause) {
    throw new Error('tenant.handlers() needs the package msw, version 2: npm install --save-dev msw', {
      cause,
    });
  }
  if (!isMsw(loaded)) throw new Error('tenant.handlers() needs version 2 of the package msw');
  return loaded;
}

function isMsw(module: unknown): module is typeof Msw {
  return typeof module === 'object' && module !== null && 'http' in module && 'HttpResponse' in module;
}
