import { beforeAll, expect, test } from 'vitest';
import { writeBigArchive } from '../cli/support/big-layout.ts';
import { spawnAirkit } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSite, writeBundles, type Site } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const LAYER_BYTES = 400 * 1024 * 1024;
const LIMIT_KILOBYTES = 300 * 1024;
/** Frames of 8 MiB are decoded several at a time, and their memory comes back only with the garbage. */
const DEEP_LIMIT_KILOBYTES = 400 * 1024;
/** Prints the peak of the resident memory, in kB, as the process ends. */
const TELL_PEAK = `data:text/javascript,process.on('exit',()=>process.stderr.write('PEAK='+process.resourceUsage().maxRSS))`;
const folder = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await writeBigArchive(site.path('big.tar'), LAYER_BYTES);
  const images = [{ from: 'docker-archive:big.tar', include: ['*'] }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
}, 60_000);

async function peakOf(args: readonly string[]): Promise<{ code: number | null; peak: number }> {
  const nodeFlags = ['--import', TELL_PEAK];
  const { code, stderr } = await spawnAirkit(site, [...args, '-q'], { nodeFlags });
  return { code, peak: Number(/PEAK=(\d+)/.exec(stderr)?.[1]) };
}

test('a layer of 400 MiB is packed, verified and loaded in less than 300 MiB of memory', async () => {
  const loading = ['--to', 'oci:restored', '--receipt', 'r.json'];
  for (const args of [
    ['pack'],
    ['verify', 'kit', '--allow-unsigned'],
    ['load', 'kit', '--allow-unsigned', ...loading],
  ]) {
    const { code, peak } = await peakOf(args);
    expect({ args, code }).toEqual({ args, code: 0 });
    expect(peak).toBeLessThan(LIMIT_KILOBYTES);
  }
  const deep = await peakOf(['verify', 'kit', '--deep', '--allow-unsigned']);
  expect(deep.code).toBe(0);
  expect(deep.peak).toBeLessThan(DEEP_LIMIT_KILOBYTES);
}, 60_000);
