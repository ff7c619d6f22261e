import { isAirkitError, type Problem } from '../errors.ts';
import { parseReference, type Reference } from '../oci/reference.ts';
import type { JsonNode, JsonRange } from '../spec/json-tree.ts';
import { placeInText } from '../spec/text-problems.ts';
import type { FoundImage, Scan, SourceText } from './found-image.ts';
import { templatesOf } from './template-comments.ts';

/** Steps from the top of a document. */
export type NodePath = readonly (string | number)[];

/** A value and where it stands. */
export interface PlacedNode {
  readonly node: JsonNode;
  readonly path: NodePath;
  /** The object around it, such as `Deployment/shop`; empty where a file has only one. */
  readonly owner: string;
}

export interface ProblemText {
  readonly code: string;
  readonly severity: Problem['severity'];
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Gathers what is found in one text. */
export interface Collector extends SourceText {
  /** An image that is pulled; what is no reference becomes an error. */
  definite(text: string, at: PlacedNode): void;
  /** A value that looks like an image, unless the same value was found as a definite one. */
  possible(reference: Reference, at: PlacedNode): void;
  problem(what: ProblemText, range: Pick<JsonRange, 'start'>): void;
  /** Says that the meaning of a value is settled: it is no possible image any more. */
  settle(node: JsonNode): void;
  isSettled(node: JsonNode): boolean;
  /** Notes a node that is looked at. @throws TooManyNodes where aliases make too much of the text */
  visit(at: PlacedNode): void;
  finish(): Scan;
}

/** Aliases may make a small file stand for a huge one. */
export class TooManyNodes extends Error {}

/** Times that nodes are looked at once more, since aliases put them in several places: in any text, … */
const MIN_REPEATS = 20_000;
/** … and for each node that stands in it: people let every container of a long text share its environment. */
const REPEATS_PER_NODE = 4;
/** Steps from the top. Texts nest to 200 levels; anchors in anchors make them deeper, and walks are recursive. */
const MAX_STEPS = 400;

export function collectFrom(source: SourceText): Collector {
  const place = placeInText(source.text);
  const templateAt = templatesOf(source.text);
  const images: FoundImage[] = [];
  const problems: Problem[] = [];
  const settled = new Set<JsonNode>();
  const visited = new Set<JsonNode>();
  let repeats = 0;
  const add = (
    certainty: FoundImage['certainty'],
    reference: Reference,
    { node, path, owner }: PlacedNode,
  ): void => {
    const template = templateAt(node.start);
    const where = owner === '' ? formatPath(path) : `${owner}: ${formatPath(path)}`;
    const at = { file: source.file, ...place(node.start), path: where };
    images.push({
      reference,
      certainty,
      place: template === undefined ? at : { ...at, template },
    });
  };
  const problem: Collector['problem'] = (what, { start }) =>
    void problems.push({ ...what, subject: source.file, ...place(start) });
  return {
    ...source,
    problem,
    definite: (text, at) => {
      settled.add(at.node);
      const reference = readReference(text);
      if (typeof reference !== 'string') add('definite', reference, at);
      else problem(notAReference(text, reference), at.node);
    },
    possible: (reference, at) => {
      if (!settled.has(at.node)) add('possible', reference, at);
    },
    settle: (node) => void settled.add(node),
    isSettled: (node) => settled.has(node),
    visit: ({ node, path }) => {
      // What stands in the text itself is looked at however much it is: its length has a limit of its own.
      if (visited.has(node)) repeats += 1;
      else visited.add(node);
      const limit = MIN_REPEATS + REPEATS_PER_NODE * visited.size;
      if (repeats > limit || path.length > MAX_STEPS) throw new TooManyNodes();
    },
    finish: () => ({ images, problems: problems.toSorted(inOrder) }),
  };
}

function inOrder(a: Problem, b: Problem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** The reference, or what is wrong with it. */
export function readReference(text: string): Reference | string {
  try {
    return parseReference(text.trim());
  } catch (error) {
    if (isAirkitError(error, 'REFERENCE_INVALID')) return error.message;
    throw error;
  }
}

export const RENDER_HINT =
  'Render it first and pipe the result: helm template CHART | airkit discover -';

/** Go and Jinja templates, envsubst. */
export function isTemplated(text: string): boolean {
  return /\{\{|\{%|\$[({]|^\$\w+/.test(text);
}

function notAReference(text: string, message: string): ProblemText {
  const severity = 'error';
  if (text.trim() === '') {
    return { code: 'REFERENCE_INVALID', severity, message: 'the image has no name' };
  }
  if (!isTemplated(text)) return { code: 'REFERENCE_INVALID', severity, message };
  const shown = JSON.stringify(text.slice(0, 200));
  const unfilled = `${shown} is a template, no image reference`;
  return { code: 'TEMPLATE', severity, message: unfilled, hint: RENDER_HINT };
}

/** `spec.containers[0].image`; keys with other characters in brackets. */
function formatPath(path: NodePath): string {
  const steps = path.map((step, index) => {
    if (typeof step === 'number') return `[${step}]`;
    if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
    return index === 0 ? step : `.${step}`;
  });
  return steps.join('');
}
