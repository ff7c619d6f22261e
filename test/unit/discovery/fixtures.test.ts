/** Manifests, compose files and lists as teams write them, with all that must be found and told. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { discover, type DiscoveredImage, type DiscoveryReport } from '../../../src/index.ts';
import { hostOf } from '../../cli/support/site.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'discovery');
const host = hostOf(FIXTURES, { PATH: '/nowhere' });

function placesByName(images: readonly DiscoveredImage[]): Record<string, string[]> {
  const entries = images.map(({ name, places }) => [
    name,
    places.map(({ file, line, column, path }) => `${file}:${line}:${column}: ${path}`),
  ]);
  return Object.fromEntries(entries);
}

function summary({ definite, possible, untagged, problems }: DiscoveryReport): object {
  return {
    definite: placesByName(definite),
    possible: placesByName(possible),
    untagged,
    problems: problems.map(
      ({ severity, code, subject, line, column }) =>
        `${severity} ${code} ${subject}:${line ?? '-'}:${column ?? '-'}`,
    ),
  };
}

describe('in the fixture folder', () => {
  test.each(['deploy', 'rendered', 'compose', 'lists', 'broken'])(
    '%s is read as expected',
    async (name) => {
      const golden = join(import.meta.dirname, '..', '..', 'golden', 'discovery', `${name}.json`);
      const found = `${JSON.stringify(summary(await discover(host, [name])), undefined, 2)}\n`;
      await expect(found).toMatchFileSnapshot(golden);
    },
  );
});

/** A name with a path and a tag or digest; no addresses of the web. */
const LIKELY = /(?<![\w/:.-])[\w.-]+(?::\d+)?(?:\/[\w.-]+)+(?::[\w.-]+|@sha256:)/;

test.each(['deploy', 'rendered', 'compose', 'lists'])(
  'every line of %s that looks like an image is found or told',
  async (name) => {
    const { definite, possible, problems } = await discover(host, [name]);
    const places = [...definite, ...possible].flatMap((image) => image.places);
    const told = new Set([
      ...places.map(({ file, line }) => `${file}:${line}`),
      ...problems.map(({ subject, line }) => `${subject}:${line}`),
    ]);
    const lines: string[] = [];
    for (const file of await readdir(join(FIXTURES, name))) {
      const text = await readFile(join(FIXTURES, name, file), 'utf8');
      for (const [index, line] of text.split('\n').entries())
        // What a cluster reports repeats the specification.
        if (!line.includes('"imageID"') && LIKELY.test(line.replace(/#.*/, '')))
          lines.push(`${name}/${file}:${index + 1}`);
    }
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.filter((line) => !told.has(line))).toEqual([]);
  },
);

test('without helm, a chart is told', async () => {
  const { definite, problems } = await discover(host, ['charts']);
  expect(definite).toEqual([]);
  expect(problems).toMatchObject([
    { code: 'UNSUPPORTED', severity: 'error', subject: 'charts/shop' },
  ]);
  expect(problems[0]?.hint).toContain('airkit discover -');
});

test('without kustomize and kubectl, a kustomization is told', async () => {
  const { problems } = await discover(host, ['kustomize']);
  expect(problems.map(({ code, subject }) => [code, subject])).toEqual([
    ['UNSUPPORTED', 'kustomize/base'],
    ['UNSUPPORTED', 'kustomize/overlays/prod'],
  ]);
});
