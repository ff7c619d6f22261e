import { describe, expect, it } from 'vitest';
import { listIndex } from '../../../src/image-archive/list-archive.ts';
import { formatReference } from '../../../src/oci/reference.ts';
import { descriptorOf, jsonBytes } from '../../support/image-builder.ts';

const CONTAINERD = 'io.containerd.image.name';
const OCI = 'org.opencontainers.image.ref.name';
const root = descriptorOf('application/vnd.oci.image.manifest.v1+json', Buffer.from('{}'));

function list(
  annotations: Record<string, string> | undefined,
  baseName = 'base',
): { names: string[]; skipped: number } {
  const bytes = jsonBytes({ schemaVersion: 2, manifests: [{ ...root, annotations }] });
  const { images, skipped } = listIndex(bytes, { where: 'x', baseName });
  const names = images.map(({ reference }) => formatReference(reference));
  return { names, skipped: skipped.length };
}

describe('names in an OCI layout', () => {
  it.each<[string, Record<string, string>, string]>([
    ['containerd', { [CONTAINERD]: 'ghcr.io/a/b:1', [OCI]: '1' }, 'ghcr.io/a/b:1'],
    ['airkit', { [CONTAINERD]: 'ghcr.io/a/b:1', [OCI]: 'ghcr.io/a/b:1' }, 'ghcr.io/a/b:1'],
    ['crane', { [OCI]: 'index.docker.io/library/redis:7' }, 'docker.io/library/redis:7'],
    ['skopeo', { [OCI]: 'redis:7' }, 'docker.io/library/redis:7'],
    ['podman', { [OCI]: 'localhost/app:1' }, 'localhost/app:1'],
    ['a name without tag', { [CONTAINERD]: 'ghcr.io/a/b' }, 'ghcr.io/a/b:latest'],
  ])('are read as %s writes them', (_, annotations, name) => {
    expect(list(annotations)).toEqual({ names: [name], skipped: 0 });
  });

  it('belong to the folder where only a tag is written', () => {
    expect(list({ [OCI]: '1.25' }, 'nginx').names).toEqual(['docker.io/library/nginx:1.25']);
    expect(list({ [OCI]: 'latest' }, 'app').names).toEqual(['docker.io/library/app:latest']);
  });

  it('that are none are skipped with a reason', () => {
    expect(list(undefined)).toEqual({ names: [], skipped: 1 });
    expect(list({ [CONTAINERD]: 'Not A Name' })).toEqual({ names: [], skipped: 1 });
    expect(list({ [OCI]: '1.25' }, '.odd folder')).toEqual({ names: [], skipped: 1 });
  });

  it('are not looked for on referrers', () => {
    expect(list({ 'io.containerd.manifest.subject': root.digest })).toEqual({
      names: [],
      skipped: 0,
    });
  });
});
