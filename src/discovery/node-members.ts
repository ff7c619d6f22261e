import type { JsonNode } from '../spec/json-tree.ts';
import type { PlacedNode } from './collector.ts';

/** A member of an object; undefined where there is none, or it is null. */
export function memberOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  if (node?.kind !== 'object') return undefined;
  const value = node.members.get(name)?.value;
  return value?.kind === 'scalar' && value.value === null ? undefined : value;
}

/** The text of a scalar that is a string. */
export function stringOf(node: JsonNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

export function stringMember(node: JsonNode | undefined, name: string): string | undefined {
  return stringOf(memberOf(node, name));
}

/** Goes down by names. */
export function descend(at: PlacedNode, ...names: readonly string[]): PlacedNode | undefined {
  let { node, path } = at;
  for (const name of names) {
    const next = memberOf(node, name);
    if (next === undefined) return undefined;
    [node, path] = [next, [...path, name]];
  }
  return { ...at, node, path };
}

/** The items of a list; none for anything else. */
export function itemsOf(at: PlacedNode | undefined): PlacedNode[] {
  if (at?.node.kind !== 'list') return [];
  return at.node.items.map((node, index) => ({ ...at, node, path: [...at.path, index] }));
}

/** The members of an object by name; none for anything else. */
export function entriesOf(at: PlacedNode | undefined): [string, PlacedNode][] {
  if (at?.node.kind !== 'object') return [];
  return Array.from(at.node.members, ([name, { value }]) => [
    name,
    { ...at, node: value, path: [...at.path, name] },
  ]);
}
