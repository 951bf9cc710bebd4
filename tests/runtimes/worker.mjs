/** Serves the API on workerd. */
import { waitUntil } from 'cloudflare:workers';
import { createApi } from './api.mjs';

let api;

export default {
  fetch(request, env) {
    api ??= createApi(JSON.parse(env.CONFIG), waitUntil);
    return api(request);
  },
};
