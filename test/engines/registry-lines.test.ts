/** The distribution registry behind a line that breaks, and behind a site's own authority. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readImageGraph } from '../../src/content/read-graph.ts';
import { openImageReader } from '../../src/transports/registry/image-reader.ts';
import { openRegistries } from '../../src/transports/registry/registries.ts';
import { openRegistryTarget } from '../../src/transports/registry/target.ts';
import { makeCertificate } from '../support/certificate.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { buildImage, makeNoise, manifestRoot, type BuiltRoot } from '../support/image-builder.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { targetImage } from '../unit/registry/registry-world.ts';

const MIB = 1024 * 1024;
const SIZE = 40 * MIB + 1;
const nothing = { settings: {}, certificateFolders: [], environment: {} };

async function largeRoot(): Promise<BuiltRoot> {
  const image = await buildImage({ layers: [1] });
  const gzip = Buffer.alloc(SIZE, makeNoise(4099, 9));
  return manifestRoot({
    ...image,
    layers: image.layers.map((layer) => Object.assign(layer, { gzip })),
  });
}

interface BrokenLine {
  readonly host: string;
  /** Bytes that reached the registry. */
  passed: number;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Says whether the line breaks at these bytes, before the registry gets them. */
type Break = (chunk: Buffer, passed: number) => boolean;

/** A line to a port that breaks when it is told to. */
async function breakLine(port: number, breaks: Break): Promise<BrokenLine> {
  const line = { host: '', passed: 0 };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      socket.on('error', () => undefined);
      socket.on('close', () => [client, upstream].forEach((one) => one.destroy()));
    }
    upstream.pipe(client);
    upstream.on('drain', () => client.resume());
    client.on('data', (chunk: Buffer) => {
      if (breaks(chunk, line.passed)) {
        client.resetAndDestroy();
        return;
      }
      line.passed += chunk.byteLength;
      if (!upstream.write(chunk)) client.pause();
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  line.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return line;
}

/** Breaks at the second, third and fourth chunk before the registry reads it. */
function beforeRequests(): Break {
  let requests = 0;
  return (chunk) =>
    chunk.subarray(0, 6).toString() === 'PATCH ' && [2, 4, 6].includes((requests += 1));
}

/** Breaks once in the middle of the second chunk. */
function withinRequest(): Break {
  let left = 1;
  return (_, passed) => passed > 11 * MIB && left-- > 0;
}

describeWithEngines(['registry'], 'registry', () => {
  const temporary = useTempFolder();
  const plain = useEngine(() => startRegistry());

  async function push(name: string, breaks: Break): Promise<BrokenLine> {
    const root = await largeRoot();
    const line = await breakLine(Number(plain().host.split(':')[1]), breaks);
    await using target = await openRegistryTarget({ ...nothing, host: line.host });
    const { results } = await target.load([await targetImage(`a/${name}:1`, root)]);
    expect(results).toMatchObject([{ status: 'loaded', after: root.descriptor.digest }]);
    await using registries = openRegistries(nothing, 'source');
    const content = openImageReader(await registries.clientFor(plain().host), `a/${name}`);
    const { manifests } = await readImageGraph(root.descriptor, content);
    const layer = manifests[0]?.layers[0]?.descriptor;
    if (layer === undefined) throw new Error('no layer');
    let size = 0;
    for await (const chunk of content.fetch(layer)) size += chunk.byteLength;
    expect(size).toBe(SIZE);
    return line;
  }

  test('an upload goes on where a line broke between requests', async () => {
    const line = await push('between', beforeRequests());
    expect(line.passed).toBeLessThan(SIZE + MIB);
  });

  test('an upload begins anew when a request broke off midway: this registry drops it', async () => {
    const line = await push('within', withinRequest());
    expect(line.passed).toBeGreaterThan(SIZE + 10 * MIB);
    expect(line.passed).toBeLessThan(SIZE + 13 * MIB);
  });

  test('with its own authority in certs.d it is written to', async () => {
    const folder = await temporary.fresh();
    const { certificateFile: certificate, keyFile: key, cert } = await makeCertificate(folder);
    const closed = await startRegistry({ tls: { certificate, key } });
    try {
      await mkdir(join(folder, closed.host));
      await writeFile(join(folder, closed.host, 'ca.crt'), cert);
      const access = { ...nothing, certificateFolders: [folder] };
      await using target = await openRegistryTarget({ ...access, host: closed.host });
      const image = await targetImage('a/x:1', manifestRoot(await buildImage({ layers: [2] })));
      expect(await target.load([image])).toMatchObject({ results: [{ status: 'loaded' }] });
    } finally {
      await closed.stop();
    }
  });
});
