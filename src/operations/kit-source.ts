import type { ImageSource, ListedImage } from '../content/image.ts';
import { readLabels } from '../content/read-labels.ts';
import { parseReference } from '../oci/reference.ts';
import type { VerifiedKit } from './require-verified.ts';

/** An image in a kit. */
interface ListedKitImage extends ListedImage {
  /** As the kit's bundle index has it. */
  readonly name: string;
}

/** The images of a verified kit as a source, read in place. */
export function kitSource({ index, content, graphs }: VerifiedKit): ImageSource<ListedKitImage> {
  const roots = new Map(index.images.map(({ reference, root }) => [reference, root]));
  const rootOf = (name: string): (typeof index.images)[number]['root'] => {
    const root = roots.get(name);
    if (root === undefined) throw new Error(`the kit has no ${name}`);
    return root;
  };
  const graphOf = (name: string) => {
    const graph = graphs.get(name);
    if (graph === undefined) throw new Error(`the documents of ${name} were not read`);
    return graph;
  };
  return {
    list: async () => ({
      images: index.images.map(({ reference, root }) => ({
        reference: parseReference(reference),
        name: reference,
        labels: async (options) => readLabels(root, content, options),
        identity: async () => ({ root: root.digest }),
      })),
      skipped: [],
    }),
    resolve: async (images) =>
      images.map(({ name, reference }) => ({ reference, root: rootOf(name), content })),
    describe: async (images) => images.map(({ name }) => ({ graph: graphOf(name) })),
    referrers: async ({ name }) => graphOf(name).referrers ?? [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}
