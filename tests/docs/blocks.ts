/**
 * The fenced `ts` blocks of a Markdown document. A block is named after the heading it stands under; an HTML comment
 * before it may say more:
 *
 *   <!-- example: name -->      another name, where one heading has several blocks
 *   <!-- continues -->          the block goes on where the one before it ends; both are one module
 *   <!-- file: api.ts -->       other blocks of the document import it as './api.ts'
 *   <!-- not run: reason -->    the block is compiled, but not run
 */

export interface Block {
  /** The document, relative to the root of the project. */
  readonly document: string;
  /** The line of the first line of code, counted from 1. */
  readonly line: number;
  readonly name: string;
  readonly file: string | undefined;
  readonly notRun: string | undefined;
  /** The code, on the same lines as in the document: all lines above it are empty. */
  readonly source: string;
}

const FENCE = /^\s*(`{3,})(.*)$/;
const HEADING = /^#+ +(.+?) *$/;
const MARKER = /^<!--\s*(example|file|not run|continues)(?::\s*(.*?))?\s*-->$/;

export function readBlocks(document: string, markdown: string): Block[] {
  const lines = markdown.split('\n');
  const blocks: Block[] = [];
  let markers = new Map<string, string>();
  let heading = document;
  for (let at = 0; at < lines.length; at += 1) {
    const text = lines[at] ?? '';
    const [, kind, value = ''] = MARKER.exec(text.trim()) ?? [];
    const [, fence, language] = FENCE.exec(text) ?? [];
    if (kind !== undefined) {
      markers.set(kind, value);
    } else if (fence !== undefined) {
      const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
      if (end === -1) throw new Error(`${document}:${at + 1}: the fence is not closed`);
      if (language?.trim() === 'ts') {
        const above = markers.has('continues') ? blocks.at(-1)?.source.split('\n') : [];
        if (above === undefined) throw new Error(`${document}:${at + 1}: there is no block to continue`);
        const source = lines.slice(0, end).map((line, index) => (index > at ? line : (above[index] ?? '')));
        blocks.push({
          document,
          line: at + 2,
          name: markers.get('example') ?? heading,
          file: markers.get('file'),
          notRun: markers.get('not run'),
          source: source.join('\n'),
        });
      }
      markers = new Map();
      at = end;
    } else if (text.trim() !== '') {
      heading = HEADING.exec(text)?.[1] ?? heading;
      markers = new Map();
    }
  }
  return blocks;
}
