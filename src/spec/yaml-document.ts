import { isAlias, isMap, isNode, isPair, isScalar, isSeq, type Document, type Node } from 'yaml';
import { isAirkitError } from '../errors.ts';
import type { TextComplaint, ValuePath } from './complaint.ts';
import { firstAlias, parseYaml } from './yaml-syntax.ts';

/** A stretch of the text: UTF-16 offsets, end exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A bundles file as YAML sees it: plain values, and where each of them stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** Where a value stands, or the key in front of it; where that is missing, the nearest value around it. */
  readonly locate: (path: ValuePath, part: 'key' | 'value') => TextRange;
  /** The text of a scalar as written, before YAML made a number or a truth value of it. */
  readonly written: (path: ValuePath) => string | undefined;
}

export interface ReadYaml {
  readonly document?: YamlDocument | undefined;
  readonly complaints: readonly TextComplaint[];
}

/** Parses a text and gives its values with their places. Never throws. */
export function readYaml(text: string): ReadYaml {
  const { document, complaints } = parseYaml(text);
  if (document === undefined) return { complaints };
  const converted = toValue(document);
  if ('start' in converted) return { complaints: [...complaints, converted] };
  return {
    complaints,
    document: {
      value: converted.value,
      locate: (path, part) => locate(document, path, part),
      written: (path) => {
        const { node } = walk(document, path);
        return isScalar(node) ? node.source : undefined;
      },
    },
  };
}

function toValue(document: Document): { value: unknown } | TextComplaint {
  try {
    return { value: document.toJS() as unknown };
  } catch (error) {
    if (isAirkitError(error)) throw error;
    const [start, end] = firstAlias(document)?.range ?? [0, 1];
    const message = 'the aliases of this file multiply too often';
    return { code: 'TOO_LARGE', message, hint: 'Use `defaults` instead of aliases.', start, end };
  }
}

interface Step {
  readonly node: unknown;
  /** Key node in front of the value, in a map. */
  readonly key?: unknown;
  /** Nearest node with a place. */
  readonly around: Node | undefined;
  readonly complete: boolean;
}

function walk(document: Document, path: ValuePath): Step {
  let step: Step = {
    node: document.contents,
    around: document.contents ?? undefined,
    complete: true,
  };
  for (const member of path) {
    const next = childOf(resolve(document, step.node), member);
    if (next === undefined) return { ...step, complete: false };
    const around = [next.node, next.key].find((part) => isNode(part) && part.range !== undefined);
    step = { ...next, around: isNode(around) ? around : step.around, complete: true };
  }
  return step;
}

function resolve(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function childOf(node: unknown, member: string | number): Pick<Step, 'node' | 'key'> | undefined {
  if (isMap(node)) {
    const pair = node.items.findLast(
      ({ key }) => String(isScalar(key) ? key.value : key) === String(member),
    );
    return pair === undefined ? undefined : { node: pair.value, key: pair.key };
  }
  if (!isSeq(node) || typeof member !== 'number') return undefined;
  const item = node.items[member];
  return item === undefined || isPair(item) ? undefined : { node: item };
}

function locate(document: Document, path: ValuePath, part: 'key' | 'value'): TextRange {
  const step = walk(document, path);
  const wanted = step.complete && part === 'key' && isNode(step.key) ? step.key : step.around;
  const [start, end] = wanted?.range ?? [0, 1];
  return { start, end };
}
