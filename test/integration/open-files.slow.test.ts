import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { spawnAirkit } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from '../cli/support/site.ts';
import { docker25Files, ociLayoutFiles } from '../support/archive-builder.ts';
import { buildImage, manifestRoot, tarOf } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';

/** Collects garbage all the time and once more at the end: node warns of each file that is still open then. */
const COLLECT =
  'data:text/javascript,setInterval(gc,25).unref();process.once("beforeExit",()=>{gc();setTimeout(gc,20)})';
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  const image = await buildImage({ names: ['redis:7'], layers: [1, 4] });
  await writeFile(site.path('docker.tar'), await tarOf(docker25Files([image])));
  await writeFile(site.path('oci.tar'), await tarOf(ociLayoutFiles([manifestRoot(image)])));
  for (const layers of ['zstd', 'none'])
    for (const from of ['oci:layout', 'docker-archive:docker.tar', 'oci-archive:oci.tar']) {
      const name = `${from.split(':')[0]}-${layers}`;
      const images = [{ from, include: ['*'] }];
      const output = { path: `kits/${name}`, layers };
      await writeBundles(site.path(`${name}.yaml`), [demoBundle({ images, output })]);
    }
});

describe('no file is left for the garbage collector to close by', () => {
  test.each([
    ['pack oci-zstd.yaml'],
    ['pack docker-archive-zstd.yaml'],
    ['pack docker-archive-none.yaml'],
    ['pack oci-archive-zstd.yaml'],
    ['verify kits/oci-zstd --deep --allow-unsigned'],
  ])('%s', async (command) => {
    const nodeFlags = ['--expose-gc', '--import', COLLECT];
    const { code, stderr } = await spawnAirkit(site, command.split(' '), { nodeFlags });
    expect({ code, warned: /Warning|garbage collection/.test(stderr) }).toEqual({
      code: 0,
      warned: false,
    });
  });
});
