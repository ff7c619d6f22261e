// Takes the place of src/compression/native-zstd.ts in the single-file airkit, which has no native packages: Node's own zstd
// decodes. It must not encode: its bytes differ from the pinned encoder's, and the same inputs give the same bytes.
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { AirkitError } from '../../src/errors.ts';

export const NATIVE_ZSTD = '@toondepauw/node-zstd@1.2.0';

class Decoder {
  decode = promisify(zstdDecompress);
}

/** Called with `new`, as the package's class is. */
function Encoder() {
  throw new AirkitError('UNSUPPORTED', 'the single-file airkit does not encode zstd layers', {
    hint: 'Pack with the airkit of npm, or write `layers: gzip` under `output` in the bundles file.',
  });
}

export function loadNativeZstd() {
  return Promise.resolve({ Decoder, Encoder });
}
