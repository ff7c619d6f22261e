import { messageOf } from '../../errors.ts';
import type { NameReversal, NameReversalResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { formatReference } from '../../oci/reference.ts';
import { runCtr, type Containerd } from './ctr.ts';
import { listRecords, type ImageRecord } from './store.ts';

/**
 * Points image records where they pointed before a load. The load left a record REPOSITORY@DIGEST of what it replaced,
 * so that containerd still has it; records REPOSITORY@DIGEST of what it brought stay.
 *
 * @throws AirkitError TARGET_FAILED when containerd does not answer; the signal's reason
 */
export async function putNamesBack(
  store: Containerd,
  names: readonly NameReversal[],
  options: OperationOptions = {},
): Promise<NameReversalResult[]> {
  const results: NameReversalResult[] = [];
  for (const name of names) results.push(await putNameBack(store, name, options));
  return results;
}

async function putNameBack(
  store: Containerd,
  { reference, expected, restore }: NameReversal,
  options: OperationOptions,
): Promise<NameReversalResult> {
  const name = formatReference(reference);
  const records = await listRecords(store, [], options);
  const now = targetOf(records, name);
  if (now !== expected) return { reference: name, status: 'changed', now };
  const source = records.find(({ digest }) => digest === restore);
  if (restore !== undefined && source === undefined)
    return {
      reference: name,
      status: 'failed',
      now,
      message: `containerd has no ${restore} any more`,
    };
  const args =
    source === undefined ? ['images', 'rm', name] : ['images', 'tag', '--force', source.name, name];
  try {
    await runCtr(store, { what: `put ${name} back`, args }, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    return { reference: name, status: 'failed', now, message: messageOf(error) };
  }
  return outcome(name, restore, targetOf(await listRecords(store, [], options), name));
}

/** ctr's word is not taken: it ends with 0 also where it only warned. */
function outcome(
  reference: string,
  restore: string | undefined,
  now: string | undefined,
): NameReversalResult {
  if (now !== restore)
    return { reference, status: 'failed', now, message: 'ctr left the name as it was' };
  return now === undefined
    ? { reference, status: 'removed' }
    : { reference, status: 'restored', now };
}

function targetOf(records: readonly ImageRecord[], name: string): string | undefined {
  return records.find((record) => record.name === name)?.digest;
}
