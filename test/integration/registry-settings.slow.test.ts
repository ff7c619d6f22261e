/** A site's registry with an authority of its own: every place where a machine says how to reach it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { load, pack, type Host } from '../../src/index.ts';
import { airkit, airkitJson } from '../cli/support/run-airkit.ts';
import { demoBundle, makeSampleSite, type Site } from '../cli/support/site.ts';
import { makeCertificate, type Certificate } from '../support/certificate.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { startTestRegistry, type TestRegistry } from '../support/test-registry.ts';

const folder = useTempFolder();
let site: Site;
let certificate: Certificate;
let registry: TestRegistry;
/** The site's host, with a folder of this test as `/etc`. */
let host: Host;
let etc: string;
let run = 0;

beforeAll(async () => {
  site = await makeSampleSite(await folder.fresh());
  certificate = await makeCertificate(await folder.fresh());
  await pack(site.host, { output: 'kit', key: 'env:RELEASE_KEY' });
});

beforeEach(async () => {
  const { key, cert } = certificate;
  registry = await startTestRegistry({ tls: { key, cert, wantsClient: true } });
  etc = site.path(`etc-${(run += 1)}`);
  const environment = { ...site.environment, XDG_CONFIG_HOME: site.path(`config-${run}`) };
  host = { ...site.host, systemFolder: etc, environment };
});

afterEach(async () => registry.stop());

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

const FILES = { ca: 'site.pem', cert: 'client.pem', key: 'client.key' };

async function putSettings(path: string, settings: object = FILES): Promise<void> {
  await put(path, JSON.stringify({ registries: { [registry.host]: settings } }));
  await put(`${dirname(path)}/site.pem`, certificate.cert);
  await put(`${dirname(path)}/client.pem`, certificate.cert);
  await put(`${dirname(path)}/client.key`, certificate.key);
}

async function loadAt(at: Host): Promise<Set<string>> {
  const to = `registry://${registry.host}/team`;
  const trust = [site.path('release.pub')];
  const { results } = await load(at, 'kit', { to, trust, receipt: `receipt-${run}.json` });
  return new Set(results.map(({ status }) => status));
}

describe('a kit goes into a registry that is described in', () => {
  test('registries.yaml of the machine', async () => {
    await putSettings(`${etc}/airkit/registries.yaml`);
    expect(await loadAt(host)).toEqual(new Set(['loaded']));
  });

  test('registries.yaml of the person, which comes before the machine’s', async () => {
    await putSettings(`${etc}/airkit/registries.yaml`, { ...FILES, ca: 'none.pem' });
    await expect(loadAt(host)).rejects.toMatchObject({ code: 'USAGE' });
    const file = `${host.environment['XDG_CONFIG_HOME']}/airkit/registries.yaml`;
    await putSettings(file, { ca: 'site.pem' });
    expect(await loadAt(host)).toEqual(new Set(['loaded']));
  });

  test.each(['docker', 'containers'])('certs.d of %s', async (engine) => {
    const certs = `${etc}/${engine}/certs.d/${registry.host}`;
    await put(`${certs}/ca.crt`, certificate.cert);
    await put(`${certs}/client.cert`, certificate.cert);
    await put(`${certs}/client.key`, certificate.key);
    expect(await loadAt(host)).toEqual(new Set(['loaded']));
  });
});

describe('settings for a target', () => {
  test('have no mirrors, which are for pulling', async () => {
    const mirror = await startTestRegistry();
    const settings = { ...FILES, mirrors: [mirror.host], concurrency: 1 };
    await putSettings(`${etc}/airkit/registries.yaml`, settings);
    expect(await loadAt(host)).toEqual(new Set(['loaded']));
    expect(mirror.seen).toEqual([]);
    await mirror.stop();
  });

  test('that are not valid stop a load before anything is sent', async () => {
    await put(`${etc}/airkit/registries.yaml`, 'registries: { a.io: { plainHttps: true } }\n');
    await expect(loadAt(host)).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      context: { path: `${etc}/airkit/registries.yaml`, line: 1, column: 23 },
    });
    expect(registry.seen).toEqual([]);
  });
});

const env = (): Record<string, string> => ({ XDG_CONFIG_HOME: site.path(`config-${run}`) });
const file = (): string => `${env()['XDG_CONFIG_HOME']}/airkit/registries.yaml`;

describe('on the command line', () => {
  test('load and pack use the person’s file; a bundles file adds to it', async () => {
    await putSettings(file());
    const to = ['--to', `registry://${registry.host}`, '--trust', 'release.pub'];
    const receipt = ['--receipt', 'cli.json'];
    const loaded = await airkit(site, ['load', 'kit', ...to, ...receipt], { env: env() });
    expect(loaded).toMatchObject({ code: 0 });
    const images = [{ from: `registry://${registry.host}`, include: ['library/redis:7'] }];
    const bundles = {
      apiVersion: 'airkit.dev/v1',
      kind: 'Bundles',
      registries: { [registry.host]: { concurrency: 2 } },
      bundles: [demoBundle({ images })],
    };
    await put(site.path('own.yaml'), JSON.stringify(bundles));
    const packing = ['pack', 'own.yaml', '-o', 'again', '--key', 'env:RELEASE_KEY'];
    expect(await airkit(site, packing, { env: env() })).toMatchObject({ code: 0 });
    const index = JSON.parse(await readFile(site.path('again/bundle.json'), 'utf8'));
    expect(index.images).toHaveLength(1);
  });

  test('mistakes are shown with file, line, column and frame', async () => {
    await put(file(), 'registries:\n  a.io: { plainHttps: true }\n');
    const args = ['load', 'kit', '--to', 'registry://a.io', '--trust', 'release.pub'];
    const outcome = await airkit(site, args, { env: env() });
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain(`${file()}:2:11`);
    expect(outcome.stderr).toContain('^~~');
    const { code, document } = await airkitJson(site, args, { env: env() });
    expect([code, document.error?.code]).toEqual([2, 'SPEC_INVALID']);
  });
});
