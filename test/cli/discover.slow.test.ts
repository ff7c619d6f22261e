/** `airkit discover`: what it prints where, and how it exits. */
import { spawn } from 'node:child_process';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit, airkitJson, CLI, type Outcome } from './support/run-airkit.ts';
import { demoBundle, makeSampleSite, writeBundles, type Site } from './support/site.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'discovery');
const temporary = useTempFolder();
let site: Site;

beforeAll(async () => {
  site = await makeSampleSite(await temporary.fresh());
  await cp(FIXTURES, site.path('site'), { recursive: true });
});

/** With something piped in. */
async function piped(input: string | undefined, ...args: string[]): Promise<Outcome> {
  const { folder: cwd, environment: env } = site;
  const child = spawn(process.execPath, [CLI, 'discover', ...args], { cwd, env });
  if (input !== undefined) child.stdin.end(input);
  else setTimeout(() => child.kill('SIGTERM'), 1500);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

const DEPLOYED = [
  'busybox:1.37',
  'ghcr.io/acme/migrate:2.1.0',
  `ghcr.io/acme/shop@sha256:${'1'.repeat(64)}`,
  'nginx:latest',
  'registry.example.com/models/price:7',
  'registry.example.com:5000/acme/report:1.4',
  'registry.k8s.io/coredns/coredns:v1.11.3',
  'registry.k8s.io/pause:3.10',
];

describe('airkit discover', () => {
  test('prints definite images as a sorted list, and possible ones apart', async () => {
    const { code, stdout, stderr } = await airkit(site, ['discover', 'site/deploy']);
    expect([code, stdout]).toEqual([0, `${DEPLOYED.join('\n')}\n`]);
    expect(stderr).toMatch(
      /^possible: quay\.io\/prometheus\/prometheus:v2\.53\.0 .*operators\.yaml:5:10: /m,
    );
    expect(stderr).toContain('nginx has no tag');
  });

  test('prints possible ones too with --include-possible', async () => {
    const args = ['discover', 'site/deploy', '--include-possible', '-q'];
    const { stdout } = await airkit(site, args);
    const names = stdout.trimEnd().split('\n');
    expect(names).toEqual(expect.arrayContaining([...DEPLOYED, 'alpine:3.20', 'busybox:1.36']));
    expect(names).toEqual(names.toSorted());
  });

  test('its list is a list that it reads, and a selector that plan takes', async () => {
    const { stdout } = await airkit(site, ['discover', 'site/deploy']);
    expect(await piped(stdout, '-')).toMatchObject({ code: 0, stdout });
    const selector = await airkit(site, ['discover', 'site/deploy', '--format', 'bundles', '-q']);
    const body = selector.stdout.replaceAll(/^/gm, '      ').trimEnd();
    const file = `apiVersion: airkit.dev/v1\nkind: Bundles\nbundles:\n  - name: a\n    version: "1"\n    images:\n${body}\n`;
    await writeFile(site.path('own.yaml'), file);
    expect(await airkit(site, ['validate', 'own.yaml'])).toMatchObject({ code: 0 });
  });

  test('gives one document with places and findings', async () => {
    const { code, document } = await airkitJson(site, ['discover', 'site/broken']);
    expect(code).toBe(5);
    expect(document).toMatchObject({
      schemaVersion: 1,
      images: [
        {
          reference: 'ghcr.io/acme/good:1',
          places: [{ file: 'site/broken/unfilled.yaml', line: 20, column: 31 }],
        },
      ],
      possible: [{ reference: 'ghcr.io/acme/shop:2.1' }],
      error: { code: 'PARTLY_DONE' },
    });
    expect(document['findings']).toContainEqual(
      expect.objectContaining({ code: 'TEMPLATE', line: 7, severity: 'error' }),
    );
  });

  test('says every place of an image with --why', async () => {
    const args = ['discover', 'site/deploy', 'site/lists/images.txt', '--why'];
    const { code, stdout } = await airkit(site, [...args, 'registry.k8s.io/pause']);
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        'registry.k8s.io/pause:3.10: site/deploy/pods.json:28:64: Pod/nested-: items[1].items[0].spec.containers[0].image',
        'registry.k8s.io/pause:3.10: site/lists/images.txt:2:1',
        '',
      ],
    ]);
    const none = await airkitJson(site, [...args, 'none']);
    expect([none.code, none.document.error?.code]).toEqual([2, 'NO_MATCH']);
  });

  test('reads what --kind says', async () => {
    const args = ['discover', 'site/lists/bad.txt', '--kind', 'list'];
    const { code, stdout, stderr } = await airkit(site, args);
    expect([code, stdout]).toEqual([5, 'nginx:1.25\n']);
    expect(stderr).toContain('site/lists/bad.txt:2:1: error');
  });

  test.each([
    [['nowhere'], 2, 'USAGE'],
    [['site/deploy', '--kind', 'other'], 2, 'USAGE'],
    [[], 2, 'USAGE'],
    [['site/broken/template.yaml'], 2, 'SPEC_INVALID'],
  ])('%j exits %i with %s', async (args, code, error) => {
    const outcome = await airkitJson(site, ['discover', ...args]);
    expect([outcome.code, outcome.document.error?.code]).toEqual([code, error]);
  });

  test('without helm, says how to pipe a chart in', async () => {
    const env = { PATH: '/nowhere' };
    const { code, document } = await airkitJson(site, ['discover', 'site/charts'], { env });
    expect([code, document.error?.code]).toEqual([2, 'UNSUPPORTED']);
    expect(document.error?.hint).toContain('| airkit discover -');
  });
});

describe('from a pipe', () => {
  test.each([
    ['a list', 'b:2\na:1\n', 'a:1\nb:2\n'],
    ['a manifest', 'apiVersion: v1\nkind: Pod\nspec: { containers: [{ image: "a:1" }] }', 'a:1\n'],
    ['JSON', '{"apiVersion":"v1","kind":"List","items":[]}', ''],
    ['a compose file', 'services: { a: { image: "a:1" } }', 'a:1\n'],
  ])('%s', async (_, input, stdout) => {
    expect(await piped(input, '-')).toMatchObject({ code: 0, stdout });
  });

  test('nothing is an error: what stands in front of the pipe has failed', async () => {
    expect(await piped('\n', '-')).toMatchObject({ code: 2, stdout: '' });
  });

  test('that never ends, a signal stops it', async () => {
    expect(await piped(undefined, '-')).toMatchObject({ code: 143, stdout: '' });
  });
});

test('plan --why says where a discovered image is named', async () => {
  const manifest =
    'apiVersion: v1\nkind: Pod\nmetadata: { name: cache }\nspec:\n  containers:\n    - image: redis:7\n';
  await writeFile(site.path('pod.yaml'), manifest);
  const images = [{ from: 'oci:layout', discover: { kubernetes: ['pod.yaml'] } }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  const { code, stdout } = await airkit(site, ['plan', '--why', 'redis']);
  expect(code).toBe(0);
  expect(stdout).toContain('pod.yaml:6:14: Pod/cache: spec.containers[0].image');
  const { document } = await airkitJson(site, ['plan', '--why', 'redis:7']);
  expect(document['why']).toMatchObject([{ places: [{ file: 'pod.yaml', line: 6, column: 14 }] }]);
});
