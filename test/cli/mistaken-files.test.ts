/** Files that are something else than they are taken for: each its own error, whatever command is given them. */
import { Buffer } from 'node:buffer';
import { mkdir, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { isAirkitError, type AirkitError } from '../../src/errors.ts';
import { convert, inspect, load, pack } from '../../src/index.ts';
import { compressWith, docker20Files } from '../support/archive-builder.ts';
import { buildImage, makeNoise, tarOf, type TarFile } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { demoBundle, makeSite, writeBundles, type Site } from './support/site.ts';

const folder = useTempFolder();
let site: Site;

/** As docker export writes it; the noise does not compress, so that half of a file is half of every compression of it. */
const ROOT: readonly TarFile[] = [
  { name: '.dockerenv', body: Buffer.alloc(0) },
  { name: 'bin/' },
  { name: 'bin/sh', linkTo: '/bin/busybox' },
  { name: 'etc/' },
  { name: 'etc/noise', body: makeNoise(30_000, 6) },
  { name: 'etc/rest', body: makeNoise(30_000, 7) },
];
const COMPRESSIONS = ['gzip', 'zstd', 'bzip2', 'xz'] as const;

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.byteLength / 2);
}

beforeAll(async () => {
  site = await makeSite(await folder.fresh());
  await mkdir(site.path('folder'), { recursive: true });
  const root = await tarOf(ROOT);
  const image = await buildImage({ names: ['redis:7'], layers: [1] });
  const saved = await tarOf(docker20Files([image]));
  const files: Record<string, Buffer> = {
    'root.tar': root,
    'root-cut.tar': half(root),
    'saved.tar': saved,
    'saved-cut.tar': half(saved),
    noise: makeNoise(10_000, 5),
    'two-bytes': Buffer.from([0x1f, 0x8b]),
    empty: Buffer.alloc(0),
    'empty.gzip': compressWith('gzip', Buffer.alloc(0)),
  };
  for (const compression of COMPRESSIONS) {
    files[`root.${compression}`] = compressWith(compression, root);
    files[`root-cut.${compression}`] = half(compressWith(compression, root));
    files[`saved-cut.${compression}`] = half(compressWith(compression, saved));
  }
  for (const [name, bytes] of Object.entries(files)) await writeFile(site.path(name), bytes);
});

async function errorOf(call: Promise<unknown>): Promise<AirkitError> {
  const error = await call.then(
    () => expect.fail('it was taken'),
    (reason: unknown) => reason,
  );
  if (isAirkitError(error)) return error;
  throw error;
}

/** Of a bundles file that takes the file from a transport. */
async function packing(from: string, file: string): Promise<AirkitError> {
  const selector = from === 'rootfs' ? { as: 'a:1', platforms: ['linux/amd64'] } : {};
  const images = [{ from: `${from}:${file}`, ...selector }];
  await writeBundles(site.path('bundles.yaml'), [demoBundle({ images })]);
  return errorOf(pack(site.host, { output: 'never' }));
}

const IMAGE_COMMANDS: Record<string, (file: string) => Promise<AirkitError>> = {
  load: async (file) =>
    errorOf(load(site.host, file, { allowUnsigned: true, to: 'oci:never', dryRun: true })),
  inspect: async (file) => errorOf(inspect(site.host, file)),
  convert: async (file) => errorOf(convert(site.host, { from: file, to: 'oci:never' })),
  'docker-archive:': async (file) => packing('docker-archive', file),
  'oci-archive:': async (file) => packing('oci-archive', file),
};

/** What an error says: its code, or that of the finding in it, and what was found in place of images. */
function saidBy(error: AirkitError): object {
  const [finding] = error.problems;
  const code = error.code === 'VERIFICATION_FAILED' ? finding?.code : error.code;
  return { code, text: `${error.message} ${finding?.message ?? ''}`, hint: error.hint };
}

const cutOff = expect.stringContaining('cut off');
const CUT = COMPRESSIONS.flatMap((one) => [`root-cut.${one}`, `saved-cut.${one}`]);
const ROWS: [file: string, said: object][] = [
  ...['root.tar', ...COMPRESSIONS.map((one) => `root.${one}`)].map((file): [string, object] => [
    file,
    { code: 'ARCHIVE_MALFORMED', hint: expect.stringContaining('rootfs:') },
  ]),
  ...['root-cut.tar', 'saved-cut.tar'].map((file): [string, object] => [
    file,
    { code: 'ARCHIVE_MALFORMED', text: cutOff },
  ]),
  ...CUT.map((file): [string, object] => [file, { code: 'CONTENT_INVALID', text: cutOff }]),
  ...['noise', 'two-bytes'].map((file): [string, object] => [
    file,
    { code: 'ARCHIVE_MALFORMED', text: expect.stringContaining('no tar') },
  ]),
  ...['empty', 'empty.gzip'].map((file): [string, object] => [
    file,
    { code: 'ARCHIVE_MALFORMED', text: expect.stringContaining('empty') },
  ]),
];

describe.each(Object.entries(IMAGE_COMMANDS))('given to %s', (command, given) => {
  // One command reads every compression, and the others one of them.
  const rows = ROWS.filter(([file]) => command === 'load' || !/\.(zstd|bzip2|xz)$/.test(file));
  test.each(rows)('%s', async (file, said) => {
    expect(saidBy(await given(file))).toMatchObject(said);
  });
});

describe('given to rootfs:', () => {
  const cut = CUT.filter((file) => file.startsWith('root'));
  test.each([
    ...ROWS.filter(([file]) => !/^(root|saved)(\.|-cut)/.test(file)),
    ...cut.map((file): [string, object] => [file, { code: 'CONTENT_INVALID', text: cutOff }]),
    ['root-cut.tar', { code: 'ARCHIVE_MALFORMED', text: cutOff }] as [string, object],
    [
      'saved.tar',
      { code: 'ARCHIVE_MALFORMED', hint: expect.stringContaining('docker-archive:') },
    ] as [string, object],
  ])('%s', async (file, said) => {
    expect(saidBy(await packing('rootfs', file))).toMatchObject(said);
  });
});

test('a folder that is no kit, and a file that is not there, are mistakes of the command', async () => {
  for (const file of ['folder', 'nowhere'])
    for (const command of ['load', 'inspect', 'convert'])
      expect(saidBy(await IMAGE_COMMANDS[command]!(file))).toMatchObject({ code: 'USAGE' });
});
