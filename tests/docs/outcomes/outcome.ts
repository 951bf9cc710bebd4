import type { World } from '../world.ts';

/** Uses what an example exports, as its reader would, and asserts what becomes of it. */
type After = (world: World, exports: never) => void | Promise<void>;

/** What a named example must come to; `before` makes the world what the example expects. */
export type Outcome = After | { readonly before: (world: World) => void; readonly after: After };

/** By the name of the example. */
export type Outcomes = Readonly<Record<string, Outcome>>;
