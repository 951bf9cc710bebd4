/**
 * Secrets and keys that change while the program runs.
 */
import { ConfigurationError } from '../errors/index.ts';
import { withTimeLimit } from './time-limit.ts';

/** A value, or a function that has the one of the moment: asked for each use, so that it can be rotated. */
export type Rotated<T> = T | (() => T | Promise<T>);

/**
 * What an option is at the moment. Of a function that fails nothing is told but that it did: it handles secrets.
 *
 * @param name the option
 * @throws ConfigurationError when the function throws, rejects, or takes too long
 */
export async function currentValue(option: unknown, name: string, timeoutSeconds: number): Promise<unknown> {
  if (typeof option !== 'function') return option;
  try {
    const value = (async (): Promise<unknown> => await Reflect.apply(option, undefined, []))();
    return await withTimeLimit(value, timeoutSeconds);
  } catch {
    throw new ConfigurationError(`\`${name}\` is a function that threw, rejected, or took too long.`);
  }
}
