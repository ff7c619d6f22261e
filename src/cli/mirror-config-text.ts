import type { MirrorFile } from '../index.ts';

/** Files one after another, each below its path. */
export function mirrorConfigText(files: readonly MirrorFile[]): string {
  return files.map(({ path, content }) => `# ${path}\n${content}`).join('\n');
}
