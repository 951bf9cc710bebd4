/** Type-checks all blocks in one TypeScript program, under the settings of the project. */
import { dirname } from 'node:path';
import ts from 'typescript';
import type { Block } from './blocks.ts';

/** What the compiler finds, by document: `README.md:12:3 message`. */
export function typeErrors(root: string, blocks: readonly Block[]): Map<string, string[]> {
  // Nothing is written to disk: each document is a folder in which its blocks are files.
  const files = new Map(
    blocks.map((block) => [
      `${root}/${block.document}/${block.file ?? `line-${block.line}.ts`}`,
      { text: block.source, document: block.document },
    ]),
  );

  const options = readOptions(root);
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  const folders = new Set([...files.keys()].map((path) => dirname(path)));
  host.fileExists = (path) => files.has(path) || onDisk.fileExists(path);
  host.readFile = (path) => files.get(path)?.text ?? onDisk.readFile(path);
  host.directoryExists = (path) => folders.has(path) || onDisk.directoryExists?.(path) !== false;
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = files.get(path)?.text;
    return text === undefined
      ? onDisk.getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };

  const program = ts.createProgram({ rootNames: [...files.keys()], options, host });
  const errors = new Map<string, string[]>();
  for (const [path, { document }] of files) {
    const file = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    const known = errors.get(document) ?? [];
    errors.set(document, [...known, ...found.map((diagnostic) => `${document}:${describe(diagnostic)}`)]);
  }
  return errors;
}

function readOptions(root: string): ts.CompilerOptions {
  const path = `${root}/tsconfig.json`;
  const config = ts.readConfigFile(path, (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(
    config.config,
    { ...ts.sys, readDirectory: () => [] },
    root,
  );
  return {
    ...options,
    moduleDetection: ts.ModuleDetectionKind.Force,
    // An example may stop where the reader goes on.
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
}

function describe({ file, start = 0, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, '\n');
  if (file === undefined) return ` ${message}`;
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return `${line + 1}:${character + 1} ${message}`;
}
