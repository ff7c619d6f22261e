import { Composer, Parser, type Document } from 'yaml';
import { readJsonTree, type JsonNode } from '../spec/json-tree.ts';
import { depthOf } from '../spec/yaml-syntax.ts';
import { RENDER_HINT, type Collector } from './collector.ts';
import { yamlTree, type TreeComplaint } from './yaml-tree.ts';

/** In UTF-16 units. `kubectl get pods -A -o json` of a thousand pods has about 15 million. */
export const MAX_TEXT_LENGTH: number = 64 * 1024 * 1024;
/** The YAML parser needs some hundred bytes of memory for each character. */
const MAX_YAML_LENGTH = 8 * 1024 * 1024;
/** Schemas in custom resource definitions nest about 50 deep. */
const MAX_DEPTH = 200;

/**
 * The documents of a YAML or JSON text; empty ones are left out. What cannot be read is told to the collector, with
 * severity `error`, and the other documents are read all the same.
 */
export function readDocuments(collector: Collector): JsonNode[] {
  const { text } = collector;
  if (text.length > MAX_TEXT_LENGTH) return refuse(collector, 'the text is longer than 64 Mi');
  const json = /^\uFEFF?\s*[{[]/.test(text) ? readJson(text) : undefined;
  if (json !== undefined) return [json];
  if (text.length > MAX_YAML_LENGTH) {
    return refuse(collector, 'the text is longer than 8 Mi characters and not one JSON document');
  }
  return readYamlDocuments(collector);
}

/** Undefined for what is not strictly JSON; it may still be YAML. */
function readJson(text: string): JsonNode | undefined {
  class NotJson extends Error {}
  try {
    return readJsonTree(text.replace(/^\uFEFF/, ' '), () => {
      throw new NotJson();
    });
  } catch (error) {
    if (error instanceof NotJson) return undefined;
    throw error;
  }
}

function readYamlDocuments(collector: Collector): JsonNode[] {
  const composer = new Composer({
    prettyErrors: false,
    logLevel: 'error',
    merge: false,
    // Its own search compares each key with all before it: a map of 60,000 keys takes it a minute.
    uniqueKeys: false,
  });
  const roots: JsonNode[] = [];
  const take = (documents: Iterable<Document>): void => {
    for (const document of documents) {
      const root = readDocument(document, collector);
      if (root !== undefined) roots.push(root);
    }
  };
  for (const token of new Parser().parse(collector.text)) {
    if (depthOf([token]) > MAX_DEPTH) {
      return [...roots, ...refuse(collector, `the text nests deeper than ${MAX_DEPTH} levels`)];
    }
    take(composer.next(token));
  }
  take(composer.end());
  return roots;
}

function readDocument(document: Document, collector: Collector): JsonNode | undefined {
  const [wrong] = document.errors;
  if (wrong !== undefined) {
    tellSyntax(wrong, document, collector);
    return undefined;
  }
  if (document.contents === null) return undefined;
  const complaints: TreeComplaint[] = [];
  const root = yamlTree(document.contents, { complain: (one) => complaints.push(one) });
  for (const { start } of complaints.filter(({ code }) => code === 'DUPLICATE_KEY')) {
    const message = 'this key stands twice in one map; the last one counts';
    collector.problem({ code: 'DUPLICATE_KEY', severity: 'warning', message }, { start });
  }
  for (const code of ['COMPLEX_KEY', 'UNKNOWN_ALIAS', 'TOO_LARGE'] as const) {
    const first = complaints.find((one) => one.code === code);
    if (first !== undefined) tellComplaint(first, collector);
  }
  return root.kind === 'scalar' && root.value === null ? undefined : root;
}

function tellSyntax(
  { message, pos: [start] }: Document['errors'][number],
  { range }: Document,
  collector: Collector,
): void {
  const [from, , to] = range ?? [0, 0, 0];
  const isTemplate = /\{\{|\{%/.test(collector.text.slice(from, to));
  if (isTemplate) tellTemplate(start, collector);
  else {
    // Settings of some program in a folder that is walked: what says nothing of these names no image.
    const mayName = /image|apiVersion|\bkind\b|\bservices\b/i.test(collector.text);
    const severity = mayName ? 'error' : 'warning';
    collector.problem({ code: 'YAML_SYNTAX', severity, message }, { start });
  }
}

function tellTemplate(start: number, collector: Collector): void {
  const message = 'this is a template and no YAML yet, so its images are not known';
  const what = { code: 'TEMPLATE', severity: 'error', message, hint: RENDER_HINT } as const;
  collector.problem(what, { start });
}

function tellComplaint({ code, start }: TreeComplaint, collector: Collector): void {
  if (code === 'COMPLEX_KEY') {
    // `{{ .Values.image }}` is a map in a map to YAML.
    if (/^\{*\s*\{/.test(collector.text.slice(Math.max(0, start - 1), start + 64)))
      tellTemplate(start, collector);
    return;
  }
  const message =
    code === 'UNKNOWN_ALIAS'
      ? 'this alias has no anchor'
      : 'the aliases of this text multiply too often';
  const severity = code === 'TOO_LARGE' ? 'error' : 'warning';
  collector.problem({ code, severity, message }, { start });
}

function refuse(collector: Collector, message: string): [] {
  collector.problem({ code: 'TOO_LARGE', severity: 'error', message }, { start: 0 });
  return [];
}
