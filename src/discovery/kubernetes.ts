import type { Collector, PlacedNode } from './collector.ts';
import { embeddedImages } from './embedded-images.ts';
import { descend, entriesOf, itemsOf, stringMember } from './node-members.ts';
import { podImages } from './pod-images.ts';
import { possibleImages } from './possible-images.ts';
import type { JsonNode } from '../spec/json-tree.ts';

const TEMPLATE = ['spec', 'template', 'spec'];

/** Where the pod's specification is, for every kind of Kubernetes' own that runs pods. */
const POD_SPECS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    Pod: ['spec'],
    PodTemplate: ['template', 'spec'],
    ReplicationController: TEMPLATE,
    ReplicaSet: TEMPLATE,
    Deployment: TEMPLATE,
    StatefulSet: TEMPLATE,
    DaemonSet: TEMPLATE,
    Job: TEMPLATE,
    CronJob: ['spec', 'jobTemplate', ...TEMPLATE],
  }),
);
/** Groups of Kubernetes itself; a `Job` of another group is another thing. */
const OWN_GROUP = /^(?:v1|(?:apps|batch|extensions)\/\w+)$/;

/** Resources that install a chart or a folder, whose images only rendering it shows. */
const INSTALLERS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries({
    HelmRelease: /^helm\.toolkit\.fluxcd\.io\//,
    HelmChart: /^(?:helm\.cattle\.io|source\.toolkit\.fluxcd\.io)\//,
    Application: /^argoproj\.io\//,
    ApplicationSet: /^argoproj\.io\//,
    Kustomization: /^kustomize\.(?:config\.k8s|toolkit\.fluxcd)\.io\//,
  }),
);

/** True for an object as the API takes it, and for lists of them. */
export function isManifest(node: JsonNode): boolean {
  if (node.kind === 'list') return node.items.length > 0 && node.items.every(isManifest);
  return stringMember(node, 'kind') !== undefined && stringMember(node, 'apiVersion') !== undefined;
}

/**
 * The images of one Kubernetes object, or of all in a list: those of pod specifications are definite, those in other
 * places and in custom resources possible. `status` is left out: it repeats what ran.
 */
export function kubernetesImages(root: JsonNode, collector: Collector): void {
  objectImages({ node: root, path: [], owner: '' }, collector);
}

function objectImages(at: PlacedNode, collector: Collector, kindOfItems?: string): void {
  collector.visit(at);
  if (at.node.kind === 'list') {
    for (const item of itemsOf(at)) objectImages(item, collector);
    return;
  }
  const kind = stringMember(at.node, 'kind') ?? kindOfItems ?? '';
  const items = descend(at, 'items');
  if (kind.endsWith('List') && items?.node.kind === 'list') {
    for (const item of itemsOf(items))
      objectImages(item, collector, kind === 'List' ? undefined : kind.slice(0, -4));
    return;
  }
  singleObject({ ...at, owner: nameOf(at, kind) }, kind, collector);
}

function singleObject(at: PlacedNode, kind: string, collector: Collector): void {
  const apiVersion = stringMember(at.node, 'apiVersion') ?? 'v1';
  const steps = OWN_GROUP.test(apiVersion) ? POD_SPECS.get(kind) : undefined;
  const spec = steps === undefined ? undefined : descend(at, ...steps);
  if (spec !== undefined) podImages(spec, collector);
  if (INSTALLERS.get(kind)?.test(apiVersion) === true) tellInstaller(at, collector);
  embeddedImages(at, kind, collector);
  for (const [name, member] of entriesOf(at))
    if (name !== 'status') possibleImages(member, collector);
}

function nameOf({ node }: PlacedNode, kind: string): string {
  const metadata = node.kind === 'object' ? node.members.get('metadata')?.value : undefined;
  const [name, generateName] = ['name', 'generateName'].map((key) => stringMember(metadata, key));
  return `${kind}/${name ?? generateName ?? '?'}`;
}

function tellInstaller({ node, owner }: PlacedNode, collector: Collector): void {
  const message = `${owner} installs what stands elsewhere, whose images are not seen here`;
  const hint = 'Render that too, and pipe it: helm template CHART | airkit discover -';
  collector.problem({ code: 'NOT_RENDERED', severity: 'warning', message, hint }, node);
}
