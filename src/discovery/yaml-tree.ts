import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import type { JsonMember, JsonNode } from '../spec/json-tree.ts';

/** Something in a document that has no place in a tree of plain values. */
export interface TreeComplaint {
  readonly code: 'UNKNOWN_ALIAS' | 'COMPLEX_KEY' | 'DUPLICATE_KEY' | 'TOO_LARGE';
  readonly start: number;
}

export interface TreeOptions {
  readonly complain: (complaint: TreeComplaint) => void;
}

interface Conversion extends TreeOptions {
  /** Anchors that have ended; so no value holds itself. */
  readonly anchors: Map<string, JsonNode>;
  /** Of members that may still be merged, whether or not the map has them already. */
  merges: number;
}

/** Real compose files merge a few dozen members. */
const MAX_MERGED = 200_000;

/**
 * Plain values with their places. An alias is its anchor's own value, not a copy, so a document cannot grow; merge keys
 * (`<<`, YAML 1.1, which compose files use) are carried out.
 */
export function yamlTree(node: Node, options: TreeOptions): JsonNode {
  return convert(node, { ...options, anchors: new Map(), merges: MAX_MERGED });
}

function convert(node: unknown, conversion: Conversion): JsonNode {
  if (!isNode(node)) return { kind: 'scalar', value: null, start: 0, end: 0 };
  const [start, end] = node.range ?? [0, 0];
  if (isAlias(node)) {
    const target = conversion.anchors.get(node.source);
    if (target !== undefined) return target;
    conversion.complain({ code: 'UNKNOWN_ALIAS', start });
    return { kind: 'scalar', value: null, start, end };
  }
  const converted = convertValue(node, { start, end }, conversion);
  if (node.anchor !== undefined) conversion.anchors.set(node.anchor, converted);
  return converted;
}

function convertValue(
  node: Node,
  range: { readonly start: number; readonly end: number },
  conversion: Conversion,
): JsonNode {
  if (isMap(node)) return { kind: 'object', members: convertMembers(node, conversion), ...range };
  if (isSeq(node)) {
    return { kind: 'list', items: node.items.map((item) => convert(item, conversion)), ...range };
  }
  return { kind: 'scalar', value: plainValue(node), ...range };
}

function plainValue(node: Node): string | number | boolean | null {
  const value: unknown = isScalar(node) ? node.value : null;
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return isScalar(node) ? (node.source ?? '') : '';
}

function convertMembers(map: YAMLMap, conversion: Conversion): ReadonlyMap<string, JsonMember> {
  const own = new Map<string, JsonMember>();
  const merged: JsonNode[] = [];
  const names = new Set<string>();
  for (const { key, value } of map.items) {
    const [start, end] = (isNode(key) ? key.range : undefined) ?? [0, 0];
    const converted = convert(value, conversion);
    if (!isScalar(key)) {
      conversion.complain({ code: 'COMPLEX_KEY', start });
      continue;
    }
    const name = String(key.value);
    if (names.has(name)) conversion.complain({ code: 'DUPLICATE_KEY', start });
    names.add(name);
    if (key.source === '<<' && key.type === 'PLAIN') merged.push(converted);
    else own.set(name, { key: { start, end }, value: converted });
  }
  for (const one of merged) {
    for (const source of one.kind === 'list' ? one.items : [one])
      mergeInto(own, source, conversion);
  }
  return own;
}

/** Members that stand in the map itself win, then those of the first map that is merged. */
function mergeInto(own: Map<string, JsonMember>, source: JsonNode, conversion: Conversion): void {
  if (source.kind !== 'object') return;
  for (const [name, member] of source.members) {
    conversion.merges -= 1;
    if (conversion.merges === 0) conversion.complain({ code: 'TOO_LARGE', start: source.start });
    if (conversion.merges <= 0) return;
    if (!own.has(name)) own.set(name, member);
  }
}
