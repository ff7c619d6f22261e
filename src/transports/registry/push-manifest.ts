import type { OperationOptions } from '../../content/operation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { RegistryClient } from './client.ts';
import { failure } from './failure.ts';

export interface ManifestPush {
  readonly client: RegistryClient;
  readonly repository: string;
  /** Tag or digest. */
  readonly reference: string;
  readonly target: Descriptor;
  readonly bytes: Uint8Array;
}

export interface PushedManifest {
  /** The registry has read its `subject`, so its referrers API lists it (`OCI-Subject`). */
  readonly isListed: boolean;
}

/** Puts exact bytes under a tag or digest. @throws AirkitError TARGET_FAILED, also when the registry changed them */
export async function pushManifest(
  push: ManifestPush,
  options: OperationOptions,
): Promise<PushedManifest> {
  const { client, repository, reference, target, bytes } = push;
  const { response } = await client.send(
    {
      method: 'PUT',
      repository,
      path: `manifests/${reference}`,
      what: `write the manifest ${reference}`,
      accept: [200, 201],
      scopes: [{ repository, actions: 'pull,push' }],
      headers: { 'content-type': target.mediaType },
      body: bytes,
    },
    options,
  );
  await response.discard();
  const told = response.header('docker-content-digest');
  if (told === undefined || told === target.digest)
    return { isListed: response.header('oci-subject') !== undefined };
  throw failure(
    { ...client, repository },
    `the registry keeps the manifest ${target.digest} as another one`,
    { hint: 'It rewrites manifests: pins by digest cannot be kept there.' },
  );
}
