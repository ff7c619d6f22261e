import type { JsonNode } from '../spec/json-tree.ts';
import { readReference, type Collector, type PlacedNode } from './collector.ts';
import { interpolate, type Variables } from './interpolate.ts';
import { descend, entriesOf, itemsOf, memberOf, stringMember, stringOf } from './node-members.ts';
import { possibleImages } from './possible-images.ts';

/** True for a map of services; the values of charts have some, too. */
export function hasServices(node: JsonNode): boolean {
  return servicesOf(node).length > 0 && stringMember(node, 'apiVersion') === undefined;
}

/** True for a compose file: some service of it is pulled, built or taken from elsewhere. */
export function isComposeFile(node: JsonNode): boolean {
  const services = servicesOf(node).map(([, service]) => service.node);
  const isService = services.every((one) => one.kind === 'object' || isNothing(one));
  return isService && hasServices(node) && services.some(saysWhere);
}

function saysWhere(service: JsonNode): boolean {
  const isBuilt = ['build', 'extends'].some((name) => memberOf(service, name) !== undefined);
  return isBuilt || stringMember(service, 'image') !== undefined;
}

function isNothing(node: JsonNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function servicesOf(node: JsonNode): [string, PlacedNode][] {
  return entriesOf(descend({ node, path: [], owner: '' }, 'services'));
}

/**
 * The images of all services of a compose file, of every profile. A service that is built has a name for what is built:
 * that is possible only. Files that this one takes in are not followed; each is told.
 *
 * @param variables those of `.env` beside the file; the process's environment does not count, so that the result is the
 * same everywhere
 */
export function composeImages(root: JsonNode, variables: Variables, collector: Collector): void {
  const top = { node: root, path: [], owner: '' };
  for (const [, service] of servicesOf(root)) serviceImages(service, variables, collector);
  tellIncludes(top, collector);
  possibleImages(top, collector);
}

function serviceImages(service: PlacedNode, variables: Variables, collector: Collector): void {
  const image = descend(service, 'image');
  const isBuilt = memberOf(service.node, 'build') !== undefined;
  if (isBuilt) tellBuilt(service, image, collector);
  if (image !== undefined) take({ at: image, isBuilt, variables }, collector);
  for (const volume of itemsOf(descend(service, 'volumes'))) {
    const source = descend(volume, 'source');
    const isImage = stringMember(volume.node, 'type') === 'image';
    if (isImage && source !== undefined) take({ at: source, isBuilt: false, variables }, collector);
  }
  const file = descend(service, 'extends', 'file');
  if (file !== undefined) tellFile(file, collector);
}

interface ComposeImage {
  readonly at: PlacedNode;
  readonly isBuilt: boolean;
  readonly variables: Variables;
}

function take({ at, isBuilt, variables }: ComposeImage, collector: Collector): void {
  const { node } = at;
  const written =
    node.kind === 'scalar' ? String(node.value) : collector.text.slice(node.start, node.end);
  const { text, unset, complaint } = interpolate(written, variables);
  const reference = readReference(text);
  const isUsable = typeof reference !== 'string';
  if (complaint !== undefined) {
    const message = `${JSON.stringify(written)}: ${complaint}`;
    collector.problem({ code: 'VARIABLE_UNSET', severity: 'error', message, hint: HINT }, node);
  } else if (unset.length > 0) tellUnset(unset, { node, isUsable }, collector);
  else if (!isBuilt) collector.definite(text, at);
  const isPossible = complaint === undefined && (unset.length > 0 || isBuilt);
  if (isUsable && isPossible) collector.possible(reference, at);
  collector.settle(node);
}

const HINT =
  'Set it in the file .env beside the compose file, or write a default: ${NAME:-VALUE}. The environment does not count.';

function tellUnset(
  unset: readonly string[],
  { node, isUsable }: { readonly node: JsonNode; readonly isUsable: boolean },
  collector: Collector,
): void {
  const severity = isUsable ? 'warning' : 'error';
  const message = `${unset.join(', ')} ${unset.length === 1 ? 'is' : 'are'} not set, so the image is not known`;
  collector.problem({ code: 'VARIABLE_UNSET', severity, message, hint: HINT }, node);
}

function tellBuilt(
  { node, path }: PlacedNode,
  image: PlacedNode | undefined,
  collector: Collector,
): void {
  const name = String(path.at(-1));
  const rest = image === undefined ? '' : '; the name in "image" is possible only';
  const message = `the service ${name} is built, not pulled${rest}`;
  collector.problem({ code: 'BUILT', severity: 'warning', message }, node);
}

function tellIncludes(top: PlacedNode, collector: Collector): void {
  for (const entry of itemsOf(descend(top, 'include'))) {
    const paths = descend(entry, 'path');
    for (const at of paths === undefined ? [entry] : [paths, ...itemsOf(paths)])
      tellFile(at, collector);
  }
}

function tellFile({ node }: PlacedNode, collector: Collector): void {
  const file = stringOf(node);
  if (file === undefined) return;
  const message = `${JSON.stringify(file)} is taken in here, but not looked at; name it too`;
  collector.problem({ code: 'NOT_FOLLOWED', severity: 'warning', message }, node);
}
