import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { sumUncached } from '../../../src/content/read-uncached.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();
const bytes = Buffer.alloc(2 ** 20 + 7, 'x');

test('a file is summed past the page cache, or not at all', async () => {
  const path = folder.path('whole');
  await writeFile(path, bytes);
  const sum = createHash('sha256').update(bytes).digest('hex');
  expect([sum, undefined]).toContain(await sumUncached(path));
});

test('what is stopped is no failure of the disk', async () => {
  const path = folder.path('stopped');
  await writeFile(path, bytes);
  const reason = new Error('stopped');
  const summing = sumUncached(path, { signal: AbortSignal.abort(reason) });
  // A file system that does not take O_DIRECT is not read at all.
  await expect(summing.catch((error: unknown) => error)).resolves.toSatisfy(
    (found) => found === reason || found === undefined,
  );
});
