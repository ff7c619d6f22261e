import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAirkitError, messageOf, type Problem } from '../errors.ts';
import { parseEnvFile } from './env-file.ts';
import { joinScans, type DiscoveryKind, type Scan } from './found-image.ts';
import type { Variables } from './interpolate.ts';
import { MAX_TEXT_LENGTH } from './read-documents.ts';
import {
  renderChart,
  renderKustomization,
  type Rendered,
  type RenderOptions,
} from './render-folder.ts';
import { scanText, type TextQuestion } from './scan-text.ts';
import { KUSTOMIZATION, walkFolder, type FolderContent } from './walk-folder.ts';

export interface ScanOptions extends RenderOptions {
  /** Default: told by the content. */
  readonly kind?: DiscoveryKind | undefined;
  /** What an absolute path is called in results. */
  readonly display: (path: string) => string;
}

/**
 * Finds the images that a file or folder names. A chart is rendered with helm, a kustomization built with kustomize; what
 * cannot be read or rendered is among the problems, with severity `error`.
 *
 * @param path absolute; must exist
 * @throws the signal's reason
 */
export async function scanPath(path: string, options: ScanOptions): Promise<Scan> {
  const { kind } = options;
  try {
    if (kind === 'helm') return await scanRendered(path, renderChart, options);
    if (!(await stat(path)).isDirectory()) return await scanFile(path, options);
    if (kind === 'kustomize') return await scanRendered(path, renderKustomization, options);
    return await scanFolder(path, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return failed(options.display(path), error);
  }
}

/** True for a folder that kustomize builds. */
export async function isKustomization(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => []);
  return names.some((name) => KUSTOMIZATION.test(name));
}

async function scanRendered(
  folder: string,
  render: (folder: string, options: RenderOptions) => Promise<Rendered>,
  options: ScanOptions,
): Promise<Scan> {
  const { text, by } = await render(folder, options);
  return scanText({ file: `${by} ${options.display(folder)}`, text, kind: 'kubernetes' });
}

const FILES_OF: Readonly<Record<'list' | 'other', RegExp>> = {
  list: /\.(?:txt|list)$/i,
  other: /\.(?:ya?ml|json)$/i,
};

async function scanFolder(folder: string, options: ScanOptions): Promise<Scan> {
  const { kind, signal } = options;
  const content = await walkFolder(folder, signal);
  const wanted =
    kind === undefined
      ? content.files
      : content.files.filter((path) => FILES_OF[kind === 'list' ? 'list' : 'other'].test(path));
  const scans: Scan[] = [];
  for (const path of wanted) scans.push(await scanPath(path, options));
  if (kind === undefined || kind === 'kubernetes') {
    for (const path of content.charts)
      scans.push(await scanPath(path, { ...options, kind: 'helm' }));
    for (const path of content.kustomizations)
      scans.push(await scanPath(path, { ...options, kind: 'kustomize' }));
  }
  return joinScans([...scans, { images: [], problems: notLookedAt(folder, content, options) }]);
}

function notLookedAt(
  folder: string,
  { links, others }: FolderContent,
  { display }: ScanOptions,
): Problem[] {
  const skipped = links.map((path) => warning(display(path), 'a symbolic link is not followed'));
  if (others === 0) return skipped;
  const message = `${others} ${others === 1 ? 'file' : 'files'} below it that ${others === 1 ? 'is' : 'are'} no .yaml, .yml, .json, .txt or .list`;
  return [...skipped, warning(display(folder), message)];
}

function warning(subject: string, message: string): Problem {
  return { code: 'NOT_LOOKED_AT', severity: 'warning', message, subject };
}

async function scanFile(path: string, options: ScanOptions): Promise<Scan> {
  const { kind, display, signal } = options;
  const file = display(path);
  if ((await stat(path)).size > MAX_TEXT_LENGTH)
    throw new Error(`the file is larger than ${MAX_TEXT_LENGTH} bytes`);
  const variables = kind === 'kubernetes' || kind === 'list' ? undefined : await variablesFor(path);
  return scanBytes(await readFile(path, { signal }), { file, kind, variables });
}

/** {@link scanText} for bytes, which must be UTF-8. */
export function scanBytes(bytes: Uint8Array, question: Omit<TextQuestion, 'text'>): Scan {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return failed(question.file, new Error('this is not UTF-8 text'));
  }
  return scanText({ ...question, text });
}

async function variablesFor(path: string): Promise<Variables> {
  const text = await readFile(join(dirname(path), '.env'), 'utf8').catch(() => '');
  return parseEnvFile(text);
}

function failed(subject: string, error: unknown): Scan {
  const severity = 'error';
  if (isAirkitError(error)) {
    const { code, message, hint } = error;
    return { images: [], problems: [{ code, severity, message, subject, hint }] };
  }
  const message = messageOf(error);
  return { images: [], problems: [{ code: 'UNREADABLE', severity, message, subject }] };
}
