/** Sites that have a signed kit and trust nobody yet, and what commands find in it. */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import type { Problem } from '../../../src/index.ts';
import { airkit } from './run-airkit.ts';
import { makeSampleSite, type Site } from './site.ts';

/** A new site in an empty folder, with the kit and the public keys of another one. */
export async function siteWithKit(from: Site, folder: string): Promise<Site> {
  const own = await makeSampleSite(folder);
  for (const name of ['release.pub', 'other.pub']) await copyFile(from.path(name), own.path(name));
  await mkdir(own.path('kit'));
  for (const name of await readdir(from.path('kit')))
    await copyFile(from.path('kit', name), own.path('kit', name));
  return own;
}

export interface TrustDocument {
  readonly keys: readonly { readonly keyId: string; readonly fingerprint: string }[];
  readonly findings?: readonly Problem[];
  readonly warnings?: readonly Problem[];
  readonly error?: { readonly code: string; readonly problems?: readonly Problem[] };
}

/** Runs a command with `--json`. */
export async function runJson(
  site: Site,
  args: readonly string[],
): Promise<{ code: number | null; document: TrustDocument }> {
  const { code, stdout } = await airkit(site, [...args, '--json']);
  const document: TrustDocument = JSON.parse(stdout);
  return { code, document };
}

/** Codes of all findings, wherever the document has them. */
export function codesOf({ error, findings = [], warnings = [] }: TrustDocument): string[] {
  const problems = [...(error?.problems ?? []), ...findings, ...warnings];
  return [...new Set(problems.map(({ code }) => code))];
}
