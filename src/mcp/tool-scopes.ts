/**
 * Which scopes a JSON-RPC message needs, for servers that look at it before a transport does (step-up). Pure.
 */
import { ConfigurationError } from '../index.ts';
import { isObject, readScopes } from './resource.ts';

/** Scopes by the name of the tool that needs them, as lists or separated by spaces. Other tools need none. */
export type ToolScopes = Readonly<Record<string, string | readonly string[]>>;

/**
 * The scopes of all tools that a message calls; a batch may call several. What is no JSON-RPC message could be read as
 * any by somebody else, and needs the scopes of all tools.
 *
 * @param message the parsed body of a request
 * @throws ConfigurationError when the scopes are written wrongly
 */
export function scopesOfToolCalls(message: unknown, toolScopes: ToolScopes): string[] {
  const table = readToolScopes(toolScopes);
  const messages: unknown[] = Array.isArray(message) ? Array.from<unknown>(message) : [message];
  const needed = new Set<string>();
  for (const one of messages) for (const scope of neededBy(one, table)) needed.add(scope);
  return [...needed];
}

/** @throws ConfigurationError */
export function readToolScopes(toolScopes: unknown): ReadonlyMap<string, readonly string[]> {
  if (!isObject(toolScopes) || Array.isArray(toolScopes))
    throw new ConfigurationError('`toolScopes` must be an object with the scopes of tools by their names.');
  return new Map(
    Object.entries(toolScopes).map(([name, scopes]) => [name, readScopes('toolScopes', scopes)]),
  );
}

function neededBy(message: unknown, table: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const { jsonrpc, method, params } = isObject(message) ? message : {};
  if (jsonrpc === '2.0' && method !== 'tools/call') return [];
  const name = isObject(params) ? params.name : undefined;
  const isCall = jsonrpc === '2.0' && typeof name === 'string';
  return isCall ? (table.get(name) ?? []) : [...table.values()].flat();
}
