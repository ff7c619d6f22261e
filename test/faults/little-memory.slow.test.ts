/** A large kit in little memory: packed, verified, copied and loaded with a heap of 128 MiB. */
import { rm } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { spawnAirkit } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { amount, note } from './support/ledger.ts';

const GIGABYTES = amount('AIRKIT_KIT_GIGABYTES', 1);
const LAYERS = 5;
/** Loaded one after the other: the disk has to hold the kit and one of them. */
const IMAGES = ['example.com/one:1', 'example.com/two:1'];
const HEAP = '--max-old-space-size=128';
/** Of the whole process, in kB: buffers are not on the heap. */
const LIMIT_KILOBYTES = 400 * 1024;
const TELL_PEAK = `data:text/javascript,process.on('exit',()=>process.stderr.write('PEAK='+process.resourceUsage().maxRSS))`;
const LIMIT_MILLISECONDS = 120_000 + GIGABYTES * 120_000;
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  const bytesEach = (GIGABYTES * 1e9) / LAYERS / IMAGES.length;
  for (const [position, name] of IMAGES.entries()) {
    const image = { layers: LAYERS, bytesEach, name, firstSeed: 1 + position * LAYERS };
    await writeBigLayout(site.path('layouts', String(position)), image);
  }
  const images = IMAGES.map((_, position) => ({ from: `oci:layouts/${position}`, include: ['*'] }));
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
}, LIMIT_MILLISECONDS);

const runs = async (...args: string[]): Promise<void> => {
  const nodeFlags = [HEAP, '--import', TELL_PEAK];
  const { code, stderr } = await spawnAirkit(site, [...args, '-q'], { nodeFlags });
  const peak = Number(/PEAK=(\d+)/.exec(stderr)?.[1]);
  note({ fault: `${HEAP}, ${GIGABYTES} GB`, during: args[0] ?? '' });
  expect({ args, code, stderr }).toMatchObject({ args, code: 0 });
  expect(peak).toBeLessThan(LIMIT_KILOBYTES);
};

test(
  `a kit of ${GIGABYTES} GB needs no more than a heap of 128 MiB`,
  async () => {
    await runs('pack');
    await rm(site.path('layouts'), { recursive: true });
    await runs('verify', 'kit', '--allow-unsigned');
    const flags = ['--allow-unsigned', '--to', 'oci:restored', '--receipt', 'r.json'];
    for (const name of IMAGES) {
      await runs('load', 'kit', '--include', name, ...flags);
      await rm(site.path('restored'), { recursive: true });
    }
  },
  LIMIT_MILLISECONDS,
);
