import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseReceipt } from '../../../src/operations/parse-receipt.ts';
import { beginReceipt } from '../../../src/operations/write-receipt.ts';
import { useTempFolder } from '../../support/temp-folder.ts';

const folder = useTempFolder();

test('outcomes that come together are each on the disk when told so, in a few writings', async () => {
  const directory = await folder.fresh();
  const path = join(directory, 'receipt.json');
  const host = { environment: {}, directory, pid: 1, user: 'ops', hostname: 'here', isRoot: false };
  const names = Array.from({ length: 200 }, (_, at) => `docker.io/library/app:${at}`);
  const receipt = await beginReceipt(host, path, {
    kind: 'load',
    kit: { name: 'kit', version: '1', index: digestOf('index') },
    signers: [],
    targets: [{ target: 'docker', directory, environment: {} }],
    results: names.map((name) => result(name, 'pending')),
  });
  const states = new Set<string>();
  const settleAndLook = async (reference: string): Promise<void> => {
    await receipt.settle(result(reference, 'loaded'));
    const text = await readFile(path, 'utf8');
    states.add(text);
    const { results } = parseReceipt(Buffer.from(text), path);
    expect(results.find((one) => one.reference === reference)?.status).toBe('loaded');
  };
  await Promise.all(names.map(settleAndLook));
  expect(states.size).toBeLessThan(5);
  await receipt.finish({});
  const { status, results } = parseReceipt(await readFile(path), path);
  expect(status).toBe('done');
  expect(results.map(({ reference }) => reference)).toEqual(names);
});

function result(
  reference: string,
  status: 'pending' | 'loaded',
): { target: string; reference: string; status: 'pending' | 'loaded' } {
  return { target: 'docker', reference, status };
}
