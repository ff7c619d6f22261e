import { mapLimited } from '../../content/map-limited.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { isAirkitError, type AirkitError } from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { by } from '../../oci/compare.ts';
import {
  canonicalName,
  formatFamiliar,
  formatReference,
  parseReference,
  type Reference,
} from '../../oci/reference.ts';
import { isReferrerTag } from '../../oci/referrer.ts';
import { listRepositories, listTags } from './listing.ts';
import type { Registries } from './registries.ts';
import type { NameBase, WantedNames } from './wanted-names.ts';

export interface NamesQuestion {
  readonly registries: Registries;
  readonly wanted: WantedNames;
  readonly base: NameBase;
  /** What a name with tag or digest stands for, asked once; undefined when there is none. */
  readonly resolve: (
    reference: Reference,
    options: OperationOptions,
  ) => Promise<Descriptor | undefined>;
}

export interface ListedNames {
  /** Sorted. */
  readonly references: readonly Reference[];
  readonly skipped: readonly string[];
  /** Names that the registry gave no usable answer for; repositories have neither tag nor digest. */
  readonly failures: readonly NameFailure[];
}

export interface NameFailure {
  readonly reference: Reference;
  readonly error: AirkitError;
}

/**
 * Every name that the patterns may match: exact ones that exist, all tags of literal repositories, and the catalog's
 * where a pattern needs it. One name's failure is its own.
 *
 * @throws AirkitError SOURCE_FAILED, UNSUPPORTED when a catalog is refused; USAGE for unreadable credentials
 */
export async function listNames(
  question: NamesQuestion,
  options: OperationOptions,
): Promise<ListedNames> {
  const literal = question.wanted.repositories;
  const catalogued = await repositoriesOfCatalogs(question, options);
  const repositories = new Map(
    [...catalogued, ...literal].map((one) => [canonicalName(one), one] as const),
  );
  const tagged = await mapLimited(
    repositories.values(),
    async (one, call) => orFailure(one, async () => tagsOf(question, one, call)),
    options,
  );
  const exact = question.wanted.exact.filter(
    (one) => one.digest !== undefined || !repositories.has(canonicalName(one)),
  );
  const found = await mapLimited(
    exact,
    async (one, call) => orFailure(one, async () => ifThere(question, one, call)),
    options,
  );
  const failures = [...tagged, ...found].flatMap((part) => part.failures);
  const failed = new Set(failures.map(({ reference }) => canonicalName(reference)));
  const references = [...tagged, ...found].flatMap((part) => part.references);
  // Catalogs keep naming repositories of which every image has been deleted: only named ones are missed.
  const missed = literal
    .filter((one) => isWithoutTags(one, references))
    .map(canonicalName)
    .filter((name) => !failed.has(name));
  return {
    references: unique(references).toSorted(by(formatReference)),
    skipped: [
      ...missed.map((name) => `${name}: there is no such repository, or it has no tags`),
      ...found.flatMap(({ skipped }) => skipped),
    ],
    failures,
  };
}

/** What the registry says of one name, or why it does not. */
async function orFailure(
  reference: Reference,
  ask: () => Promise<ListedNames>,
): Promise<ListedNames> {
  try {
    return await ask();
  } catch (error) {
    if (!isAirkitError(error) || isAirkitError(error, 'USAGE')) throw error;
    return { references: [], skipped: [], failures: [{ reference, error }] };
  }
}

function isWithoutTags(repository: Reference, references: readonly Reference[]): boolean {
  const name = canonicalName(repository);
  return !references.some((one) => one.tag !== undefined && canonicalName(one) === name);
}

async function repositoriesOfCatalogs(
  { registries, wanted, base }: NamesQuestion,
  options: OperationOptions,
): Promise<Reference[]> {
  const found: Reference[] = [];
  for (const [host, starts] of wanted.catalogs) {
    const client = await registries.clientFor(host, options);
    const names = await listRepositories(client, options);
    const references = names.flatMap((name) => referenceOf(host, name));
    found.push(...references.filter((one) => mayMatch(one, starts, base)));
  }
  return found;
}

/** Names that references cannot hold are not offered. */
function referenceOf(host: string, name: string): Reference[] {
  try {
    const reference = parseReference(`${host}/${name}`);
    return reference.tag === undefined && reference.digest === undefined ? [reference] : [];
  } catch (error) {
    if (isAirkitError(error, 'REFERENCE_INVALID')) return [];
    throw error;
  }
}

/** A catalog may be long: of repositories that no pattern can match, tags are not listed. */
function mayMatch(reference: Reference, starts: readonly string[], { prefix }: NameBase): boolean {
  const { repository } = reference;
  if (prefix !== undefined && !repository.startsWith(`${prefix}/`)) return false;
  const forms = [repository, canonicalName(reference), formatFamiliar(reference)];
  return starts.some((start) => forms.some((form) => form.startsWith(start)));
}

/** Tags that are made from digests name signatures and lists of referrers: they count only where they are written out. */
async function tagsOf(
  { registries, wanted }: NamesQuestion,
  repository: Reference,
  options: OperationOptions,
): Promise<ListedNames> {
  const client = await registries.clientFor(repository.registry, options);
  const tags = await listTags(client, repository.repository, options);
  const { registry, repository: name } = repository;
  const own = canonicalName(repository);
  const isWritten = (tag: string): boolean =>
    wanted.exact.some((one) => one.tag === tag && canonicalName(one) === own);
  const offered = tags?.filter((tag) => !isReferrerTag(tag) || isWritten(tag)) ?? [];
  const references = offered.map((tag) => ({ registry, repository: name, tag }));
  return { references, skipped: [], failures: [] };
}

async function ifThere(
  { resolve }: NamesQuestion,
  reference: Reference,
  options: OperationOptions,
): Promise<ListedNames> {
  const root = await resolve(reference, options);
  return root === undefined
    ? {
        references: [],
        skipped: [`${formatReference(reference)}: there is no such image`],
        failures: [],
      }
    : { references: [reference], skipped: [], failures: [] };
}

function unique(references: readonly Reference[]): Reference[] {
  return [...new Map(references.map((one) => [formatReference(one), one])).values()];
}
