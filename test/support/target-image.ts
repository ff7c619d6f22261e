/** Images for targets, from built roots in memory. */
import type { ContentReader } from '../../src/content/content.ts';
import type { TargetImage } from '../../src/content/image.ts';
import { bytesLocation, mappedReader } from '../../src/content/mapped-reader.ts';
import { readImageGraph } from '../../src/content/read-graph.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { BuiltRoot } from './image-builder.ts';

export function contentOf(root: BuiltRoot, without: readonly string[] = []): ContentReader {
  const places = [...root.blobs]
    .filter(([digest]) => !without.includes(digest))
    .map(([digest, bytes]) => [digest, bytesLocation(bytes)] as const);
  return mappedReader(new Map(places), { where: 'the test' });
}

/** An image for a target; layers of `without` are not at hand. */
export async function targetImage(
  name: string,
  root: BuiltRoot,
  without: readonly string[] = [],
): Promise<TargetImage> {
  const content = contentOf(root, without);
  const { descriptor } = root;
  const graph = await readImageGraph(descriptor, content);
  return { reference: parseReference(name), root: descriptor, content, graph };
}

/** The same image with a byte of its last blob changed, which shows when it is read. */
export async function damagedImage(name: string, root: BuiltRoot): Promise<TargetImage> {
  const whole = await targetImage(name, root);
  const [digest, bytes] = [...root.blobs].at(-1) ?? [];
  if (digest === undefined || bytes === undefined) throw new Error('the image has no blob');
  const changed = Buffer.from(bytes);
  changed[changed.byteLength - 1] = (changed.at(-1) ?? 0) ^ 1;
  const blobs = new Map([...root.blobs, [digest, changed] as const]);
  return { ...whole, content: contentOf({ ...root, blobs }) };
}
