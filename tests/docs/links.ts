/** The links of a Markdown document to files and headings of this project. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** What a document links to and is not there: `README.md -> docs/nothing.md`. */
export function brokenLinks(root: string, document: string): string[] {
  const text = withoutCode(readFileSync(join(root, document), 'utf8'));
  const targets = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target) && !leadsSomewhere(root, document, target))
    .map((target) => `${document} -> ${target}`);
}

function leadsSomewhere(root: string, document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = join(root, path === '' ? document : normalize(join(dirname(document), path)));
  if (!existsSync(file)) return false;
  if (anchor === undefined || statSync(file).isDirectory()) return anchor === undefined;
  return anchorsOf(withoutCode(readFileSync(file, 'utf8'))).has(anchor);
}

/** As GitHub makes them of headings; the second of two equal ones gets `-1`. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of markdown.matchAll(/^#+ +(.+?) *$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^( *`{3,})[^]*?^\1 *$/gm, '');
}
