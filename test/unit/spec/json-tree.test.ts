import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonTree, type JsonNode } from '../../../src/spec/json-tree.ts';

class Refused extends Error {}

function read(text: string): JsonNode | undefined {
  try {
    return readJsonTree(text, () => {
      throw new Refused();
    });
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

function valueOf(node: JsonNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(valueOf);
  const members = [...node.members].map(([key, { value }]) => [key, valueOf(value)] as const);
  return Object.fromEntries(members);
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

test('what JSON.parse reads is read alike, and each value is where the tree says', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const tree = read(text);
      if (tree === undefined) throw new Error('it was refused');
      expect(valueOf(tree)).toEqual(JSON.parse(text));
      expect(text.slice(tree.start, tree.end)).toBe(text);
      if (tree.kind !== 'object') return;
      for (const [name, { key, value: member }] of tree.members) {
        expect(JSON.parse(text.slice(key.start, key.end))).toBe(name);
        expect(JSON.parse(text.slice(member.start, member.end))).toEqual(valueOf(member));
      }
    }),
  );
});

test('what JSON.parse refuses is refused', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    '01',
    '1e5',
    'true',
    'nul',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const text = parts.join('');
      const tree = read(text);
      if (tree !== undefined) expect({ value: valueOf(tree) }).toEqual(parsed(text));
      else if (!/"a".*"a"/.test(text)) expect(parsed(text)).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});
