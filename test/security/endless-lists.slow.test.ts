import { expect, test } from 'vitest';
import { openRegistrySource } from '../../src/transports/registry/source.ts';
import { accessOf } from '../unit/registry/registry-world.ts';
import { listen, registryWith } from './support/hostile-registry.ts';

test('a list of ever new names does not fill the memory', async () => {
  let pages = 0;
  const host = await listen(
    registryWith(({ url = '' }, response) => {
      if (!url.includes('/tags/list')) return false;
      pages += 1;
      const tags = Array.from({ length: 40_000 }, (_, at) => `${pages}-${at}`.padEnd(128, 'x'));
      const link = `</v2/app/tags/list?last=${pages}>; rel="next"`;
      response.writeHead(200, { link, 'content-type': 'application/json' });
      response.end(JSON.stringify({ name: 'app', tags }));
      return true;
    }),
  );
  await using source = await openRegistrySource({ ...accessOf(), host, include: ['app:*'] });
  const { images, failures = [] } = await source.list();
  expect(images).toEqual([]);
  expect(failures).toMatchObject([{ error: { code: 'SOURCE_FAILED' } }]);
  expect(pages).toBeLessThan(20);
});
