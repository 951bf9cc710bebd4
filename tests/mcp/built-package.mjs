/** The package as it was built, by the names that its users import. This folder has a package.json of its own. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(new URL('../../package.json', import.meta.url));

/** What users import by this name. */
export const importPackage = (name) => import(/* @vite-ignore */ pathToFileURL(resolve(name)).href);

/** The file with the types of what users import by this name. */
export const typesOf = (name) => resolve(name).replace(/\.js$/, '.d.ts');
