import { basename } from 'node:path';
import type { JsonNode } from '../spec/json-tree.ts';
import { collectFrom, TooManyNodes, type Collector } from './collector.ts';
import { composeImages, hasServices, isComposeFile } from './compose.ts';
import type { DiscoveryKind, Scan, SourceText } from './found-image.ts';
import { isImageList, isPlainText, listImages } from './image-list.ts';
import type { Variables } from './interpolate.ts';
import { isManifest, kubernetesImages } from './kubernetes.ts';
import { possibleImages } from './possible-images.ts';
import { readDocuments } from './read-documents.ts';

export interface TextQuestion extends SourceText {
  /** Undefined: told by the content, document by document. Rendered charts are Kubernetes manifests. */
  readonly kind?: DiscoveryKind | undefined;
  /** For compose files. */
  readonly variables?: Variables | undefined;
}

/** Finds the images that a text names. Never throws: what cannot be read is among the problems. */
export function scanText({ kind, variables = new Map(), ...source }: TextQuestion): Scan {
  const collector = collectFrom(source);
  try {
    if (source.text.trim() === '') tell('EMPTY', 'there is nothing in it', collector);
    else if (kind === 'list' || (kind === undefined && isImageList(source))) listImages(collector);
    else if (kind === undefined && isPlainText(source.file))
      tell('NOT_RECOGNISED', 'this is no list of references', collector);
    else {
      if (/^kustomization(\.ya?ml)?$/i.test(basename(source.file))) tellKustomization(collector);
      for (const root of readDocuments(collector))
        scanDocument(root, { kind, variables, collector });
    }
  } catch (error) {
    if (!(error instanceof TooManyNodes)) throw error;
    const message = 'the aliases of this text multiply too often';
    collector.problem({ code: 'TOO_LARGE', severity: 'error', message }, { start: 0 });
  }
  return collector.finish();
}

function tell(code: string, message: string, collector: Collector): void {
  collector.problem({ code, severity: 'warning', message }, { start: 0 });
}

interface DocumentQuestion {
  readonly kind: DiscoveryKind | undefined;
  readonly variables: Variables;
  readonly collector: Collector;
}

function scanDocument(root: JsonNode, { kind, variables, collector }: DocumentQuestion): void {
  const isCompose = kind === undefined ? isComposeFile(root) : kind === 'compose';
  if (isCompose && hasServices(root)) composeImages(root, variables, collector);
  else if (!isCompose && isManifest(root)) kubernetesImages(root, collector);
  else {
    tellUnknown(root, kind, collector);
    possibleImages({ node: root, path: [], owner: '' }, collector);
  }
}

const EXPECTED: Readonly<Record<DiscoveryKind, string>> = {
  kubernetes: 'no Kubernetes manifest: it has no kind and apiVersion',
  helm: 'no Kubernetes manifest: it has no kind and apiVersion',
  kustomize: 'no Kubernetes manifest: it has no kind and apiVersion',
  compose: 'no compose file: it has no services',
  list: 'no list of references',
};

function tellUnknown(root: JsonNode, kind: DiscoveryKind | undefined, collector: Collector): void {
  const what =
    kind === undefined ? 'neither a Kubernetes manifest nor a compose file' : EXPECTED[kind];
  const message = `this is ${what}; values in it that look like images are possible ones`;
  collector.problem({ code: 'NOT_RECOGNISED', severity: 'warning', message }, root);
}

function tellKustomization(collector: Collector): void {
  const message = 'what kustomize changes is not seen in the files that it starts from';
  const hint = 'Name the folder instead of its files: it is then built with kustomize.';
  collector.problem({ code: 'NOT_RENDERED', severity: 'warning', message, hint }, { start: 0 });
}
