import { resolve } from 'node:path';

/** Of `output.path`. */
export const DEFAULT_OUTPUT_PATH = 'dist/{name}-{version}';

export interface OutputPathParts {
  readonly name: string;
  readonly version: string;
  /** Absolute; what the path is relative to. */
  readonly directory: string;
}

/** The absolute path of a kit folder: `{name}` and `{version}` in the template are replaced. */
export function outputPath(template: string, parts: OutputPathParts): string {
  const filled = template.replaceAll(
    /\{(name|version)\}/g,
    (_, part: 'name' | 'version') => parts[part],
  );
  return resolve(parts.directory, filled);
}
