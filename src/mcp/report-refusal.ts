import type { BaseAuthError } from '../index.ts';
import type { McpAuthOptions } from './types.ts';

/** Tells the operator, once the request has been answered; what the observer makes of it harms nobody. */
export function reportRefusal(error: BaseAuthError, onRefusal: McpAuthOptions['onRefusal']): void {
  if (onRefusal === undefined) return;
  Promise.resolve(error)
    .then(onRefusal)
    .catch(() => undefined);
}
