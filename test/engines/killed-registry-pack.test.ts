/** A pack of 200 MB from a registry that SIGKILL ends five times: what had arrived is not fetched again. */
import { randomInt } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { DEFAULT_CONCURRENCY } from '../../src/content/map-limited.ts';
import { writeBigLayout } from '../cli/support/big-layout.ts';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startRegistryProxy } from '../support/engines/registry-proxy.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { skopeo } from '../support/engines/skopeo.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { exists, pack, writeBundles } from './support/kits.ts';

const LAYERS = 40;
const LAYER_BYTES = 5_000_000;
const TOTAL_BYTES = LAYERS * LAYER_BYTES;
const KILLS = 5;

/** Blobs that an unfinished pack knows to be in place. */
async function journalOf(place: AirkitPlace): Promise<string[]> {
  const path = place.path('dist', 'big.partial', 'journal');
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n');
  return lines.slice(1, -1);
}

describeWithEngines(['registry', 'skopeo'], 'a pack from a registry that is killed', () => {
  const folder = useTempFolder();
  const registry = useEngine(() => startRegistry());
  let image = '';
  /** The config is read anew each time: it says what is to be packed. */
  let config = '';

  beforeAll(async () => {
    const layout = await folder.fresh();
    await writeBigLayout(layout, { layers: LAYERS, bytesEach: LAYER_BYTES });
    const flags = ['--quiet', '--preserve-digests', '--dest-tls-verify=false'];
    const name = `${registry().host}/noise/big:1`;
    await succeed(skopeo('copy', ...flags, `oci:${layout}`, `docker://${name}`));
    image = name.slice(name.indexOf('/') + 1);
    const raw = await succeed(skopeo('inspect', '--raw', '--tls-verify=false', `docker://${name}`));
    const manifest: { config: { digest: string } } = JSON.parse(raw);
    config = manifest.config.digest;
  });

  const placeFor = async (host: string): Promise<AirkitPlace> => {
    const place = await makeAirkitPlace(await folder.fresh());
    await writeBundles(place, {
      name: 'big',
      images: [{ from: `registry://${host}`, include: [image] }],
    });
    return place;
  };

  test('goes on where it was, and gives the bytes of an undisturbed one', async () => {
    await using proxy = await startRegistryProxy(registry().host);
    const place = await placeFor(proxy.host);
    const layers = (): string[] => proxy.blobs.filter((digest) => digest !== config);
    let journal: string[] = [];
    let startedInVain = 0;
    for (const part of [1, 2, 3, 4, 5]) {
      const end = (TOTAL_BYTES * randomInt(part * 100 - 60, part * 100)) / (KILLS * 100 + 20);
      const missing = Math.max(0, end - journal.length * LAYER_BYTES);
      proxy.startOver();
      const running = place.start('pack');
      while (running.process.exitCode === null && proxy.sent() < missing) await sleep(1);
      running.process.kill('SIGKILL');
      expect((await running.done).code).toBe(-1);
      expect(await exists(place.path('dist', 'big'))).toBe(false);
      expect(layers().filter((digest) => journal.includes(digest))).toEqual([]);
      const now = await journalOf(place);
      expect(now).toEqual(expect.arrayContaining(journal));
      const inFlight = layers().filter((digest) => !now.includes(digest)).length;
      expect(inFlight).toBeLessThanOrEqual(DEFAULT_CONCURRENCY);
      startedInVain += inFlight;
      journal = now;
    }
    expect(journal.length).toBeGreaterThan(LAYERS / 4);
    proxy.startOver();
    const [sha256] = await pack(place);
    expect(layers().filter((digest) => journal.includes(digest))).toEqual([]);
    expect(startedInVain).toBeGreaterThan(0); // Something was in flight each time, or nothing was shown.
    await succeeds(place.airkit('verify', place.path('dist', 'big'), '--allow-unsigned'));
    await rm(place.path('dist'), { recursive: true });
    const undisturbed = await pack(place);
    expect([sha256]).toEqual(undisturbed);
  });
});
