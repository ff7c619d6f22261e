import { expect, test } from 'vitest';
import { nameImageSet } from '../../../src/operations/image-set.ts';

const id = `sha256:${'1'.repeat(64)}`;
const other = `sha256:${'2'.repeat(64)}`;

test.each([
  ['docker.io/library/redis:7', 'redis', '7'],
  ['ghcr.io/acme/k8s/agent:2.3.0-rc1', 'agent', '2.3.0-rc1'],
  // Tags may begin with what no file name should, and names may have no tag.
  ['localhost:5000/app:_x', 'app', expect.stringMatching(/^[0-9a-f]{12}$/)],
  [`docker.io/library/redis@${id}`, 'redis', expect.stringMatching(/^[0-9a-f]{12}$/)],
])('one image, %s, names its set %s', (reference, name, version) => {
  expect(nameImageSet([{ reference, id }])).toEqual({ name, version });
});

test('several are named by what they are, in whatever order they come', () => {
  const a = { reference: 'docker.io/library/a:1', id };
  const b = { reference: 'docker.io/library/b:1', id };
  const named = nameImageSet([a, b]);
  expect(named).toEqual({ name: 'images', version: expect.stringMatching(/^[0-9a-f]{12}$/) });
  expect(nameImageSet([b, a])).toEqual(named);
  expect(nameImageSet([a, { ...b, id: other }]).version).not.toBe(named.version);
});
