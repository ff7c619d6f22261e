/** Runs the commands that the README gives to people without airkit, as they stand there. */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { useTempFolder } from '../support/temp-folder.ts';
import { airkit } from './support/run-airkit.ts';
import { makeSampleSite, type Site } from './support/site.ts';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const PRINTED_KIT = '/mnt/usb/k8s-offline-1.30.2';
const TOOLS = ['openssl', 'ssh-keygen', 'cosign'];

const folder = useTempFolder();
let site: Site;
let commands: readonly string[];

beforeAll(async () => {
  commands = await printedCommands();
  site = await makeSampleSite(await folder.fresh());
  const env = { AIRKIT_KEY_PASSWORD: 'pw' };
  expect((await airkit(site, ['keygen', '-o', 'home/release'], { env })).code).toBe(0);
  expect((await airkit(site, ['pack', '--key', 'home/release.key'], { env })).code).toBe(0);
});

/** The lines of the code block behind "Without airkit:". */
async function printedCommands(): Promise<string[]> {
  const block = /Without airkit:\n\n```sh\n([^`]*)```/.exec(await readFile(README, 'utf8'))?.[1];
  const [cd = '', ...lines] = (block ?? '').trim().split('\n');
  expect(cd).toBe(`cd ${PRINTED_KIT}`);
  return lines;
}

function runHere(command: string): number | null {
  const options = { cwd: site.path('kit'), env: { ...site.environment, HOME: site.path('home') } };
  return spawnSync('sh', ['-c', command], options).status;
}

test('the README has one command for each tool', () => {
  expect(commands.map((command) => command.split(' ')[0])).toEqual(TOOLS);
  expect(commands[0]).toContain('sha256sum -c SHA256SUMS');
});

test.for(TOOLS)('%s accepts the kit, and refuses it after a change', async (tool, { skip }) => {
  skip(spawnSync(tool, ['version']).status === null, `${tool} is not installed`);
  const command = commands.find((line) => line.startsWith(`${tool} `)) ?? '';
  expect(runHere(command)).toBe(0);
  const sums = await readFile(site.path('kit', 'SHA256SUMS'));
  await writeFile(site.path('kit', 'SHA256SUMS'), sums.toString().replace('bundle', 'bundel'));
  expect(runHere(command)).not.toBe(0);
  await writeFile(site.path('kit', 'SHA256SUMS'), sums);
});

test('sha256sum finds a change of the archive', async () => {
  expect(runHere('sha256sum -c SHA256SUMS')).toBe(0);
  const archive = await readFile(site.path('kit', 'bundle.tar'));
  await writeFile(site.path('kit', 'bundle.tar'), Buffer.concat([archive, Buffer.alloc(512)]));
  expect(runHere('sha256sum -c SHA256SUMS')).not.toBe(0);
  await writeFile(site.path('kit', 'bundle.tar'), archive);
});
