import { countBytes, reportBytes } from '../../content/count-bytes.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { layoutFiles, type StreamedBlob } from '../../image-archive/layout-files.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { packTar } from '../../tar/pack-tar.ts';
import { runCtr } from './ctr.ts';
import type { LoadableImage, OpenedStore } from './survey.ts';
import type { WantedContent } from './wanted-content.ts';
import { whileListening } from './watch-socket.ts';

/** One image on its way into containerd. */
export interface Import extends LoadableImage {
  /** Left out of the stream. */
  readonly present: ReadonlySet<Digest>;
  /** Called with bytes of content as they are sent. */
  readonly onSent: (bytes: number) => void;
}

/**
 * Streams the blobs that containerd lacks into `ctr images import`, index.json last: a stream that breaks off leaves no
 * record. ctr holds a lease on what it takes until the records are made.
 *
 * @throws AirkitError TARGET_FAILED with ctr's words, or when containerd is gone; the kit's own errors; the signal's reason
 */
export async function importImage(
  store: OpenedStore,
  one: Import,
  options: OperationOptions,
): Promise<void> {
  const { image, names } = one;
  const files = layoutFiles(
    missingBlobs(one, options),
    names.map((reference) => ({ reference, root: image.root })),
  );
  const args = ['images', 'import', ...importFlags(store, one.wanted), '-'];
  const [name = ''] = names;
  const what = `import ${name}`;
  await whileListening({ store, what }, options, async (call) =>
    runCtr(store, { what, args, input: packTar(files) }, call),
  );
}

function* missingBlobs(
  { image, wanted, present, onSent }: Import,
  options: OperationOptions,
): Generator<StreamedBlob, void> {
  for (const target of wanted.blobs) {
    if (present.has(target.digest)) continue;
    const bytes = reportBytes(image.content.fetch(target, options), options);
    yield { target, body: countBytes(bytes, onSent) };
  }
}

/** From 1.7 on ctr can hand the work to containerd, which then unpacks differently: --local keeps one behaviour. */
function importFlags(
  { ctrVersion: [major, minor] }: OpenedStore,
  { platforms, unpacks }: WantedContent,
): string[] {
  const knowsLocal = major > 1 || minor >= 7;
  return [
    ...(knowsLocal ? ['--local'] : []),
    ...(platforms === 'all' ? ['--all-platforms'] : []),
    ...(typeof platforms === 'object' ? ['--platform', formatPlatform(platforms)] : []),
    ...(unpacks ? [] : ['--no-unpack']),
  ];
}
