/** What faults are injected into: each operation with what it makes, and how to tell whether that is whole. */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { airkit } from '../../cli/support/run-airkit.ts';
import { demoBundle, makeSite, sampleRoots } from '../../cli/support/site.ts';
import { writeBundles, writeLayout, type Site } from '../../cli/support/site.ts';
import { docker25Files } from '../../support/archive-builder.ts';
import { buildImage, tarOf } from '../../support/image-builder.ts';
import { examineFile, examineFolder, examineLayout, type Examination } from './examine.ts';

/** Where every operation puts what it makes, in the folder of the site. */
export const OUTPUT = 'made/out';

export interface Operation {
  readonly name: string;
  readonly args: readonly string[];
  /** What is there before; by default nothing. */
  readonly prepare?: (site: Site) => Promise<void>;
  readonly examine: (path: string) => Promise<Examination>;
}

const RECEIPT = ['--allow-unsigned', '--receipt', 'made/receipt.json'];

export const OPERATIONS: readonly Operation[] = [
  { name: 'pack', args: ['pack', '-o', OUTPUT], examine: examineFolder },
  {
    name: 'pack --force',
    args: ['pack', '-o', OUTPUT, '--force'],
    prepare: async (site) => cp(site.path('kit'), site.path(OUTPUT), { recursive: true }),
    examine: examineFolder,
  },
  {
    name: 'pack --volume-size',
    args: ['pack', '-o', OUTPUT, '--volume-size', '6kB'],
    examine: examineFolder,
  },
  { name: 'copy', args: ['copy', 'kit', OUTPUT], prepare: makeOutput, examine: examineFolder },
  {
    name: 'gather',
    args: ['gather', 'kit', '--into', OUTPUT, '--allow-unsigned'],
    examine: examineFolder,
  },
  {
    name: 'save',
    args: ['save', '*', '--from', 'oci:layout', '-o', OUTPUT],
    examine: examineFile,
  },
  {
    name: 'load --to oci',
    args: ['load', 'kit', '--to', `oci:${OUTPUT}`, ...RECEIPT],
    examine: examineLayout,
  },
  {
    name: 'load --to k3s',
    args: ['load', 'kit', '--to', `k3s:${OUTPUT}`, ...RECEIPT],
    prepare: makeOutput,
    examine: examineFolder,
  },
  {
    name: 'inventory',
    args: ['inventory', 'oci:layout', '-o', OUTPUT],
    examine: examineFile,
  },
];

export function operationsNamed(...names: string[]): Operation[] {
  return OPERATIONS.filter(({ name }) => names.includes(name));
}

/** A site with images as a layout and as a docker-archive, and the kit `kit` of both. */
export async function makeFaultSite(folder: string): Promise<Site> {
  const site = await makeSite(folder);
  await writeLayout(site.path('layout'), await sampleRoots());
  const image = await buildImage({ names: ['vendor/old:1'], layers: [5, 6] });
  await writeFile(site.path('images.tar'), await tarOf(docker25Files([image])));
  const images = [
    { from: 'oci:layout', include: ['*'] },
    { from: 'docker-archive:images.tar', include: ['*'] },
  ];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  const { code, stderr } = await airkit(site, ['pack']);
  if (code !== 0) throw new Error(stderr);
  return site;
}

/** Takes the site back to where it was before any operation. */
export async function startOver(site: Site, { prepare }: Operation): Promise<void> {
  await rm(site.path('made'), { recursive: true, force: true });
  await rm(site.path('home', 'cache'), { recursive: true, force: true });
  await mkdir(site.path('made'));
  await prepare?.(site);
}

async function makeOutput(site: Site): Promise<void> {
  await mkdir(site.path(OUTPUT));
}
