import { isAirkitError } from '../../errors.ts';
import type { NameReversal, NameReversalResult } from '../../content/image.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { formatReference } from '../../oci/reference.ts';
import type { RegistryClient } from './client.ts';
import { fetchManifest, resolveHeld } from './manifests.ts';
import { pushManifest } from './push-manifest.ts';
import { targetReference, type TargetPlace } from './target-names.ts';

/**
 * Puts one tag back. A tag that had not been there is deleted; many registries refuse that, which is told. Manifests
 * stay: a registry removes what no tag names when its garbage is collected.
 */
export async function putBackName(
  { client, place }: { readonly client: RegistryClient; readonly place: TargetPlace },
  name: NameReversal,
  options: OperationOptions,
): Promise<NameReversalResult> {
  const reference = formatReference(name.reference);
  const { repository, tag } = targetReference(name.reference, place);
  if (tag === undefined) {
    const message =
      'it has no tag to put back; what was pushed stays in the registry by its digest';
    return { reference, status: 'failed', now: name.expected, message };
  }
  try {
    return { reference, ...(await putBack({ client, repository, tag }, name, options)) };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isAirkitError(error, 'TARGET_FAILED', 'DIGEST_MISMATCH', 'UNSUPPORTED')) throw error;
    const { message, hint } = error;
    const text = hint === undefined ? message : `${message}. ${hint}`;
    return { reference, status: 'failed', message: text };
  }
}

interface Tag {
  readonly client: RegistryClient;
  readonly repository: string;
  readonly tag: string;
}

async function putBack(
  { client, repository, tag }: Tag,
  { expected, restore }: NameReversal,
  options: OperationOptions,
): Promise<Omit<NameReversalResult, 'reference'>> {
  const current = async (): Promise<string | undefined> =>
    (await resolveHeld({ client, repository, reference: tag }, options))?.digest;
  const lossOf = async (digest: string): Promise<{ message?: string }> => {
    const kept = await resolveHeld({ client, repository, reference: digest }, options);
    return kept === undefined ? { message: `the registry removed ${digest} with its tag` } : {};
  };
  const now = await current();
  if (now !== expected) return { status: 'changed', now };
  if (restore === undefined) {
    await deleteTag({ client, repository, tag }, options);
    const after = await current();
    if (after === undefined) return { status: 'removed', ...(await lossOf(expected)) };
    return { status: 'failed', now: after, message: 'the registry keeps the tag all the same' };
  }
  const old = await fetchManifest({ client, repository, reference: restore }, options);
  if (old === undefined)
    return { status: 'failed', now, message: `the registry no longer has ${restore}` };
  const { descriptor: target, bytes } = old;
  await pushManifest({ client, repository, reference: tag, target, bytes }, options);
  const after = await current();
  if (after === restore) return { status: 'restored', now: after };
  return { status: 'failed', now: after, message: 'the registry took the tag, but shows another' };
}

/** `DELETE /v2/NAME/manifests/TAG` (OCI distribution-spec "Deleting tags"), which registries need not support. */
async function deleteTag(
  { client, repository, tag }: Tag,
  options: OperationOptions,
): Promise<void> {
  const { response } = await client.send(
    {
      method: 'DELETE',
      repository,
      path: `manifests/${tag}`,
      what: `delete the tag ${tag}`,
      accept: [200, 202, 204],
      scopes: [{ repository, actions: 'delete' }],
    },
    options,
  );
  await response.discard();
}
