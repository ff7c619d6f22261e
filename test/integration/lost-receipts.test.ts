/** Receipts that cannot be written to their end. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { load, pack, type ProgressEvent } from '../../src/index.ts';
import { makeSampleSite } from '../cli/support/site.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const folder = useTempFolder();

test('what ended a load is told, also where its receipt cannot be finished', async () => {
  const site = await makeSampleSite(await folder.fresh());
  await pack(site.host, { output: 'kit' });
  const receipt = site.path('receipts', 'receipt.json');
  const controller = new AbortController();
  const reason = new Error('stopped');
  const warnings: ProgressEvent[] = [];
  const loading = load(site.host, 'kit', {
    to: 'oci:restored',
    allowUnsigned: true,
    receipt,
    signal: controller.signal,
    onProgress: (event) => {
      if (event.kind === 'warning') warnings.push(event);
      if (event.kind !== 'phase' || event.phase !== 'load') return;
      rmSync(receipt);
      mkdirSync(join(receipt, 'in the way'), { recursive: true });
      controller.abort(reason);
    },
  });
  await expect(loading).rejects.toBe(reason);
  expect(warnings).toHaveLength(1);
});
