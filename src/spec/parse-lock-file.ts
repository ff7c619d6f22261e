import { AirkitError, isAirkitError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { formatReference, parseReference, withDefaultTag } from '../oci/reference.ts';
import type { SpecProblemCode, TextComplaint } from './complaint.ts';
import { didYouMean } from './did-you-mean.ts';
import { readJsonTree, type Fail, type JsonNode, type JsonRange } from './json-tree.ts';
import {
  LOCK_API_VERSION,
  LOCK_KIND,
  type LockedBundle,
  type LockedImage,
  type LockedSelector,
  type LockFile,
} from './lock-file.ts';
import { problemsOf } from './text-problems.ts';

/** What to do about a lock that cannot be used. */
const HINT = 'Take the lock back from version control, or write it anew with `airkit lock`.';
/** Of UTF-16 units; a lock of ten thousand images with twenty layers each has less. */
const MAX_LENGTH = 32 * 1024 * 1024;

/**
 * Reads a lock strictly: no unknown key, no key or name twice, canonical references only.
 *
 * @param options.path names the lock in errors
 * @throws AirkitError SPEC_INVALID with the first thing that is wrong, and its line and column
 */
export function parseLockFile(text: string, { path }: { readonly path: string }): LockFile {
  const fail: Fail = (complaint) => throwProblem(complaint, { text, path });
  if (text.length > MAX_LENGTH)
    fail({ code: 'TOO_LARGE', message: 'the lock is too long', start: 0, end: 1 });
  return readLock(readJsonTree(text, fail), fail);
}

function throwProblem(complaint: TextComplaint, lock: { text: string; path: string }): never {
  const problems = problemsOf([{ ...complaint, hint: complaint.hint ?? HINT }], lock);
  const [{ line = 1, column = 1 } = {}] = problems;
  throw new AirkitError('SPEC_INVALID', `${lock.path}:${line}:${column}: ${complaint.message}`, {
    hint: complaint.hint ?? HINT,
    context: { path: lock.path, line, column },
    problems,
  });
}

function readLock(root: JsonNode, fail: Fail): LockFile {
  const { apiVersion, kind, bundles } = members(root, ['apiVersion', 'kind', 'bundles'], fail);
  requireText(apiVersion, LOCK_API_VERSION, fail);
  requireText(kind, LOCK_KIND, fail);
  return { bundles: unique(bundles, { read: readBundle, key: ({ name }) => name, fail }) };
}

function readBundle(node: JsonNode, fail: Fail): LockedBundle {
  const { name, selectors } = members(node, ['name', 'selectors'], fail);
  return {
    name: readText(name, fail),
    selectors: unique(selectors, { read: readSelector, key: ({ selector }) => selector, fail }),
  };
}

function readSelector(node: JsonNode, fail: Fail): LockedSelector {
  const { from, images, selector } = members(node, ['from', 'images', 'selector'], fail);
  return {
    from: readText(from, fail),
    images: unique(images, { read: readImage, key: ({ reference }) => reference, fail }),
    selector: readDigest(selector, fail),
  };
}

function readImage(node: JsonNode, fail: Fail): LockedImage {
  const names = ['pattern', 'reference'] as const;
  const isRooted = node.kind === 'object' && node.members.has('root');
  if (isRooted) {
    const { root, ...named } = members(node, [...names, 'root'], fail);
    return { ...readNames(named, fail), identity: { root: readDigest(root, fail) } };
  }
  const { imageID, diffIDs, ...named } = members(node, [...names, 'imageID', 'diffIDs'], fail);
  const diffIds = listItems(diffIDs, fail).map((one) => readDigest(one, fail));
  return {
    ...readNames(named, fail),
    identity: { imageId: readDigest(imageID, fail), diffIds },
  };
}

function readNames(
  { pattern, reference }: Record<'pattern' | 'reference', JsonNode>,
  fail: Fail,
): Omit<LockedImage, 'identity'> {
  return { reference: readReference(reference, fail), pattern: readText(pattern, fail) };
}

/** Exactly these members of an object; their values are there. */
function members<Key extends string>(
  node: JsonNode,
  keys: readonly Key[],
  fail: Fail,
): Record<Key, JsonNode> {
  if (node.kind !== 'object')
    return wrong(node, 'WRONG_TYPE', { message: 'an object is expected here', fail });
  for (const [name, { key }] of node.members) {
    if (keys.some((known) => known === name)) continue;
    const near = didYouMean(name, keys);
    const message = `the key ${JSON.stringify(name.slice(0, 100))} is not known here`;
    fail({ ...key, code: 'UNKNOWN_KEY', message, hint: near && `Did you mean "${near}"?` });
  }
  const entries = keys.map((key) => {
    const value = node.members.get(key)?.value;
    return [key, value ?? wrong(node, 'MISSING_KEY', { message: `"${key}" is missing`, fail })];
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the keys
  return Object.fromEntries(entries) as Record<Key, JsonNode>;
}

interface ListRules<Item> {
  readonly read: (node: JsonNode, fail: Fail) => Item;
  /** Of two items may not be equal. */
  readonly key: (item: Item) => string;
  readonly fail: Fail;
}

function unique<Item>(node: JsonNode, { read, key, fail }: ListRules<Item>): Item[] {
  const known = new Set<string>();
  return listItems(node, fail).map((one) => {
    const item = read(one, fail);
    const name = key(item);
    if (known.has(name))
      wrong(one, 'DUPLICATE_NAME', { message: `${JSON.stringify(name)} stands twice`, fail });
    known.add(name);
    return item;
  });
}

function listItems(node: JsonNode, fail: Fail): readonly JsonNode[] {
  if (node.kind === 'list') return node.items;
  return wrong(node, 'WRONG_TYPE', { message: 'a list is expected here', fail });
}

function readText(node: JsonNode, fail: Fail): string {
  if (node.kind === 'scalar' && typeof node.value === 'string') return node.value;
  return wrong(node, 'WRONG_TYPE', { message: 'a string is expected here', fail });
}

function requireText(node: JsonNode, expected: string, fail: Fail): void {
  if (readText(node, fail) === expected) return;
  const message = `${JSON.stringify(expected)} is expected here; another airkit may have written this`;
  wrong(node, 'WRONG_VALUE', { message, fail });
}

function readDigest(node: JsonNode, fail: Fail): Digest {
  const found = readText(node, fail);
  if (isDigest(found)) return found;
  const message = 'a digest is expected here: "sha256:" and 64 lower-case hex digits';
  return wrong(node, 'WRONG_VALUE', { message, fail });
}

function readReference(node: JsonNode, fail: Fail): string {
  const found = readText(node, fail);
  try {
    const canonical = formatReference(withDefaultTag(parseReference(found)));
    if (canonical === found) return found;
    const message = `the canonical name is expected here: ${canonical}`;
    return wrong(node, 'WRONG_VALUE', { message, fail });
  } catch (error) {
    if (!isAirkitError(error, 'REFERENCE_INVALID')) throw error;
    return wrong(node, 'WRONG_VALUE', { message: error.message, fail });
  }
}

function wrong(
  { start, end }: JsonRange,
  code: SpecProblemCode,
  { message, fail }: { readonly message: string; readonly fail: Fail },
): never {
  return fail({ code, message, start, end });
}
