import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { by } from '../oci/compare.ts';

/** What a folder holds that images may be found in. Paths are absolute and sorted. */
export interface FolderContent {
  /** Texts of kinds that may name images. */
  readonly files: readonly string[];
  /** Helm charts and kustomizations: to be rendered as a whole. */
  readonly charts: readonly string[];
  readonly kustomizations: readonly string[];
  /** Symbolic links: never followed. */
  readonly links: readonly string[];
  /** Number of files of other kinds. */
  readonly others: number;
}

const LOOKED_AT = /\.(?:ya?ml|json|txt|list)$/i;
export const KUSTOMIZATION: RegExp = /^(?:kustomization\.ya?ml|Kustomization)$/;
/** Never written by those who deploy. */
export const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['.git', 'node_modules']);

interface Content {
  readonly files: string[];
  readonly charts: string[];
  readonly kustomizations: string[];
  readonly links: string[];
  others: number;
}

/** Walks a folder and those below it, and stops at charts and kustomizations. */
export async function walkFolder(folder: string, signal?: AbortSignal): Promise<FolderContent> {
  const content: Content = { files: [], charts: [], kustomizations: [], links: [], others: 0 };
  await walk(folder, content, signal);
  return content;
}

async function walk(folder: string, content: Content, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const entries = (await readdir(folder, { withFileTypes: true })).toSorted(by(({ name }) => name));
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  if (names.includes('Chart.yaml')) return void content.charts.push(folder);
  if (names.some((name) => KUSTOMIZATION.test(name)))
    return void content.kustomizations.push(folder);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) content.links.push(path);
    else if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(entry.name)) await walk(path, content, signal);
    } else if (entry.isFile() && LOOKED_AT.test(entry.name)) content.files.push(path);
    else if (entry.name !== '.env') content.others += 1; // compose files read that one
  }
}
