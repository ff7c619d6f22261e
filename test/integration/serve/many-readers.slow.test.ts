import { afterAll, beforeAll, expect, test } from 'vitest';
import { useTempFolder } from '../../support/temp-folder.ts';
import { layersOf, makeServedSample, type ServedSample } from './sample.ts';
import { serveKit, type ServedKit } from './served-kit.ts';

const folder = useTempFolder();
let sample: ServedSample;
let kit: ServedKit;

beforeAll(async () => {
  sample = await makeServedSample(await folder.fresh());
  kit = await serveKit(sample.site, 'kit');
});
afterAll(async () => kit.stop());

test('200 ranges read at once are the bytes of their blobs', async () => {
  const layers = [sample.redis, sample.pinned].flatMap(layersOf);
  const asked = Array.from({ length: 200 }, (_, at) => {
    const { digest, bytes } = layers[at % layers.length] ?? { digest: '', bytes: Buffer.of() };
    const start = (at * 37) % bytes.byteLength;
    const end = Math.min(start + 1 + ((at * 91) % 2000), bytes.byteLength);
    return { digest, start, end, expected: bytes.subarray(start, end) };
  });
  const replies = await Promise.all(
    asked.map(async ({ digest, start, end }, at) => {
      const name = at % layers.length < 2 ? 'library/redis' : 'pause';
      const headers = { range: `bytes=${start}-${end - 1}` };
      return kit.get(`/v2/${name}/blobs/${digest}`, { headers });
    }),
  );
  const wrong = replies.filter(({ status, body }, at) => {
    const expected = asked[at]?.expected ?? Buffer.of();
    return status !== 206 || !body.equals(expected);
  });
  expect(wrong).toHaveLength(0);
});
