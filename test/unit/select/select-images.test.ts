import { describe, expect, it } from 'vitest';
import type { ListedImage } from '../../../src/content/image.ts';
import { formatFamiliar, parseReference } from '../../../src/oci/reference.ts';
import { selectImages, type NameRules } from '../../../src/select/select-images.ts';

const offered = [
  offer('redis:7'),
  offer('ghcr.io/acme/api:1.4', { tier: 'core', vendor: 'acme' }),
  offer('ghcr.io/acme/api:1.5-rc1', { tier: 'core' }),
  offer('registry.k8s.io/pause:3.9', { tier: 'edge' }),
];

function offer(name: string, labels: Record<string, string> = {}): ListedImage {
  return { reference: parseReference(name), labels: async () => labels };
}

function rules(changes: Partial<NameRules>): NameRules {
  const position = { file: 'bundles.yaml', line: 7, column: 9 };
  const none = { include: [], exclude: [], labels: {}, optional: false };
  return { text: 'docker', position, ...none, ...changes };
}

async function choose(changes: Partial<NameRules>): Promise<string[]> {
  const chosen = await selectImages(offered, rules(changes));
  return chosen.map(({ listed, pattern }) => `${formatFamiliar(listed.reference)} by ${pattern}`);
}

describe('selectImages', () => {
  it('keeps the order of the listing and tells the first pattern that matched', async () => {
    expect(await choose({ include: ['*acme*', '*', 'redis'] })).toEqual([
      'redis:7 by *',
      'ghcr.io/acme/api:1.4 by *acme*',
      'ghcr.io/acme/api:1.5-rc1 by *acme*',
      'registry.k8s.io/pause:3.9 by *',
    ]);
  });

  it('leaves out what an exclude matches', async () => {
    expect(await choose({ include: ['*acme*'], exclude: ['*:*-rc*'] })).toEqual([
      'ghcr.io/acme/api:1.4 by *acme*',
    ]);
  });

  it('wants all labels, by their whole value', async () => {
    const include = ['*'];
    expect(await choose({ include, labels: { tier: 'core', vendor: 'acme' } })).toHaveLength(1);
    expect(await choose({ include, labels: { tier: 'core' } })).toHaveLength(2);
    await expect(choose({ include, labels: { tier: 'cor' } })).rejects.toThrow();
  });

  it('goes on after an image whose labels cannot be read, and does not blame its pattern', async () => {
    const broken = { ...offer('nginx:1'), labels: async () => Promise.reject(new Error('gone')) };
    const failed: string[] = [];
    const chosen = await selectImages(
      [broken, ...offered],
      rules({
        include: ['nginx*', '*'],
        labels: { tier: 'edge' },
        onFailure: ({ reference }, error) =>
          failed.push(`${formatFamiliar(reference)} ${String(error)}`),
      }),
    );
    expect(chosen.map(({ listed }) => formatFamiliar(listed.reference))).toEqual([
      'registry.k8s.io/pause:3.9',
    ]);
    expect(failed).toEqual(['nginx:1 Error: gone']);
  });

  it('excuses patterns of which the source could not tell all', async () => {
    const excused = new Set(['lost:*']);
    expect(await choose({ include: ['lost:*', 'redis'], excused })).toHaveLength(1);
    const other = choose({ include: ['lost:*', 'typo'], excused });
    await expect(other).rejects.toMatchObject({ problems: [{ reference: 'typo' }] });
  });

  it('reads labels only of what the patterns match', async () => {
    const asked: string[] = [];
    const watched = offered.map(({ reference }) => ({
      reference,
      labels: async () => {
        asked.push(reference.repository);
        return { tier: 'core' };
      },
    }));
    await selectImages(watched, rules({ include: ['redis'], labels: { tier: 'core' } }));
    expect(asked).toEqual(['library/redis']);
  });

  it('names every pattern that chose nothing, with the place of its selector', async () => {
    await expect(choose({ include: ['redis', 'nginx', 'mysql'] })).rejects.toMatchObject({
      code: 'NO_MATCH',
      context: { path: 'bundles.yaml', line: 7, column: 9 },
      problems: [
        { code: 'NO_MATCH', severity: 'error', subject: 'bundles.yaml', line: 7, column: 9 },
        { code: 'NO_MATCH', severity: 'error', subject: 'bundles.yaml', line: 7, column: 9 },
      ],
    });
  });

  it.each<[string, Partial<NameRules>]>([
    ['everything is excluded', { include: ['redis'], exclude: ['*'] }],
    ['no label fits', { include: ['redis'], labels: { tier: 'core' } }],
  ])('has chosen nothing when %s', async (_, changes) => {
    await expect(choose(changes)).rejects.toMatchObject({ code: 'NO_MATCH' });
  });

  it('may choose nothing when the selector is optional', async () => {
    expect(await choose({ include: ['nginx'], optional: true })).toEqual([]);
    expect(await choose({ include: ['nginx', 'redis'], optional: true })).toHaveLength(1);
  });

  it('is fine with a pattern whose matches another pattern chose as well', async () => {
    expect(await choose({ include: ['*', 'redis'] })).toHaveLength(4);
  });

  it('tells names that the source has and does not offer', async () => {
    const names = ['redis:6', 'redis:7', 'nginx:1'].map(parseReference);
    await expect(choose({ names, include: ['redis:6'] })).rejects.toThrow('"newest"');
    const excluding = choose({ names, include: ['nginx*'], exclude: ['*:1'] });
    await expect(excluding).rejects.toThrow('"exclude"');
    await expect(choose({ names, include: ['httpd'] })).rejects.toMatchObject({
      hint: expect.stringContaining('3 names'),
    });
  });

  it('reads the labels of several images at a time', async () => {
    let reading = 0;
    const together: number[] = [];
    const labels = async (): Promise<Record<string, string>> => {
      together.push((reading += 1));
      await new Promise(setImmediate);
      reading -= 1;
      return { tier: 'core' };
    };
    const many = ['a', 'b', 'c', 'd'].map((name) => ({ reference: parseReference(name), labels }));
    const chosen = await selectImages(many, rules({ include: ['*'], labels: { tier: 'core' } }));
    expect(chosen.map(({ listed }) => listed)).toEqual(many);
    expect(Math.max(...together)).toBeGreaterThan(1);
  });

  it('fails on an empty listing as on any other', async () => {
    const nothing = selectImages([], rules({ include: ['*'] }));
    await expect(nothing).rejects.toMatchObject({ code: 'NO_MATCH' });
  });
});
