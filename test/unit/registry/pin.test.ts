import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { filled, open, paths } from './filled-registry.ts';

test('a name is pinned to any digest that its repository holds, by digest alone', async () => {
  const registry = await filled();
  const [single, multi] = registry.roots.map(({ descriptor }) => descriptor);
  if (single === undefined || multi === undefined) throw new Error('the registry is empty');
  for (const root of registry.roots) registry.put('acme/api', undefined, root);
  await using source = await open(registry, ['acme/api:*']);
  const reference = parseReference(`${registry.host}/acme/api:gone`);
  const roots = [single.digest, multi.digest, digestOf('none')];
  const wanted = roots.map((root) => ({ reference, identity: { root } }));
  registry.seen.length = 0;
  const [first, second, third] = (await source.pin?.(wanted)) ?? [];
  expect(third).toBeUndefined();
  if (first === undefined || second === undefined) throw new Error('one was not found');
  expect(await first.identity?.()).toEqual({ root: single.digest });
  expect(await first.labels()).toEqual({ tier: 'core' });
  const resolved = await source.resolve([second, first]);
  expect(resolved).toMatchObject([
    { reference, root: multi },
    { reference, root: single },
  ]);
  const described = await source.describe([first, second]);
  expect(described).toMatchObject([{ graph: { root: single } }, { graph: { root: multi } }]);
  expect(paths(registry).filter((path) => path.includes('gone') || path.includes('tags'))).toEqual(
    [],
  );
});

test('what is pinned does not change what the name stands for otherwise', async () => {
  const registry = await filled();
  const [single, multi] = registry.roots;
  if (single === undefined || multi === undefined) throw new Error('the registry is empty');
  registry.put('acme/api', undefined, single);
  await using source = await open(registry, ['acme/api:1.4']);
  const reference = parseReference(`${registry.host}/acme/api:1.4`);
  await source.pin?.([{ reference, identity: { root: single.descriptor.digest } }]);
  const { images } = await source.list();
  expect(await images[0]?.identity?.()).toEqual({ root: multi.descriptor.digest });
});
