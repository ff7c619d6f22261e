import type { Reference } from '../oci/reference.ts';
import { isTemplated, readReference, type Collector, type PlacedNode } from './collector.ts';
import { entriesOf, itemsOf, memberOf, stringMember, stringOf } from './node-members.ts';

/** `image`, `proxyImage`, `INIT_IMAGE`, `imageName` (CloudNativePG), `imageRef`, and lists of them. */
const IMAGE_KEY = /(?:^|[a-z0-9_.-])(?:images?|imageName|imageRef(?:erence)?)$/i;
const IMAGE_VARIABLE = /(?:^|_)IMAGE(?:_|$)/i;

/**
 * Values that look like images in places whose meaning is not known: under keys that are called after images, objects of
 * repository and tag, environment variables and arguments. Definite ones that were found before are left out.
 */
export function possibleImages(at: PlacedNode, collector: Collector): void {
  collector.visit(at);
  for (const [name, member] of entriesOf(at)) {
    if (IMAGE_KEY.test(name) || isDefault(name, at)) imageMember(name, member, collector);
    if (ARGUMENT_KEYS.has(name)) argumentsOf(member, collector);
    possibleImages(member, collector);
  }
  for (const item of itemsOf(at)) possibleImages(item, collector);
  composed(at, collector);
  variable(at, collector);
}

/** `default` in the schema of a member that is called after images, as custom resource definitions have it. */
function isDefault(name: string, { path }: PlacedNode): boolean {
  return name === 'default' && IMAGE_KEY.test(String(path.at(-1) ?? ''));
}

function imageMember(name: string, member: PlacedNode, collector: Collector): void {
  for (const at of member.node.kind === 'list' ? itemsOf(member) : [member]) {
    const text = stringOf(at.node);
    if (text === undefined || text.trim() === '' || collector.isSettled(at.node)) continue;
    const reference = readReference(text);
    if (typeof reference !== 'string') collector.possible(reference, at);
    else if (name === 'image' || isTemplated(text)) tellUnread(text, at, collector);
  }
}

function tellUnread(text: string, { node }: PlacedNode, collector: Collector): void {
  const shown = JSON.stringify(text.slice(0, 200));
  const message = `${shown} stands where an image may be meant, but is no image reference`;
  collector.problem({ code: 'NOT_A_REFERENCE', severity: 'warning', message }, node);
}

/** `{registry, repository, tag, digest}` as charts and operators write it, kustomize's `{newName, newTag}`. */
function composed(at: PlacedNode, collector: Collector): void {
  if (at.node.kind !== 'object') return;
  const read = (...names: string[]): string | undefined =>
    names.map((name) => writtenMember(at, name, collector)).find((text) => text !== undefined);
  const key = at.path.findLast((step) => typeof step === 'string') ?? '';
  // `relatedImages: [{name: probe, image: REF}]`: the image is said beside the name.
  const isImage = IMAGE_KEY.test(key) && stringMember(at.node, 'image') === undefined;
  const repository = read('repository', 'newName', ...(isImage ? ['name', 'reference'] : []));
  const tag = read('tag', 'newTag', 'version');
  const digest = read('digest', 'sha')?.replace(/^(?:sha256:)?/, 'sha256:');
  if (repository === undefined || (!isImage && (tag ?? digest) === undefined)) return;
  const name = [read('registry'), repository].filter((part) => part !== undefined).join('/');
  const reference = readReference([[name, tag], [digest]].map(joinColon).filter(Boolean).join('@'));
  if (typeof reference !== 'string') collector.possible(reference, at);
}

function joinColon(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(':');
}

/** A tag such as 1.30 is a number to YAML: what is written counts. */
function writtenMember(
  { node }: PlacedNode,
  name: string,
  { text }: Collector,
): string | undefined {
  const member = memberOf(node, name);
  if (member?.kind !== 'scalar' || typeof member.value === 'boolean') return undefined;
  const written =
    typeof member.value === 'string' ? member.value : text.slice(member.start, member.end);
  return written.trim() === '' ? undefined : written.trim();
}

/** `{name: RELATED_IMAGE_PROXY, value: …}` in a list of environment variables; of others, a value with a path and a tag. */
function variable(at: PlacedNode, collector: Collector): void {
  const [name, value] = ['name', 'value'].map((key) => stringMember(at.node, key));
  if (name === undefined || value === undefined) return;
  const node = memberOf(at.node, 'value');
  const reference = IMAGE_VARIABLE.test(name) ? likelyReference(value) : clearReference(value);
  if (reference === undefined || node === undefined) return;
  collector.possible(reference, { ...at, node, path: [...at.path, 'value'] });
}

const ARGUMENT_KEYS: ReadonlySet<string> = new Set([
  'args',
  'command',
  'entrypoint',
  'environment',
]);
const FLAG = /^-{0,2}[\w.-]+=(.+)$/s;
const IMAGE_FLAG = /^-{0,2}[\w.-]*image[\w.-]*$/i;

/**
 * `--proxy-image=REF`, `--proxy-image REF`, `PROXY_IMAGE=REF` (compose), and any flag whose value has a path and a tag.
 */
function argumentsOf(list: PlacedNode, collector: Collector): void {
  let before = '';
  for (const at of itemsOf(list)) {
    const text = stringOf(at.node) ?? '';
    const [flag = '', value = ''] = [text.split('=')[0], FLAG.exec(text)?.[1]];
    const own = IMAGE_FLAG.test(flag) ? likelyReference(value) : clearReference(value);
    const reference = own ?? (IMAGE_FLAG.test(before) ? likelyReference(text) : undefined);
    if (reference !== undefined) collector.possible(reference, at);
    before = text;
  }
}

/** A bare word is more often something else. */
export function likelyReference(text: string): Reference | undefined {
  const reference = readReference(text);
  if (typeof reference === 'string') return undefined;
  const { tag, digest } = reference;
  return tag !== undefined || digest !== undefined || text.includes('/') ? reference : undefined;
}

function clearReference(text: string): Reference | undefined {
  const reference = likelyReference(text);
  const isClear = reference?.tag !== undefined || reference?.digest !== undefined;
  return isClear && text.includes('/') ? reference : undefined;
}
