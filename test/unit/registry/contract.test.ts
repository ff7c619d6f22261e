import { openRegistrySource } from '../../../src/transports/registry/source.ts';
import { imageSourceContract } from '../../contracts/image-source.ts';
import { buildImage, indexRoot, manifestRoot } from '../../support/image-builder.ts';
import { useTempFolder } from '../../support/temp-folder.ts';
import { accessOf, startRegistry } from './registry-world.ts';

const temporary = useTempFolder();

imageSourceContract('registry', async () => {
  const registry = await startRegistry({ auth: undefined });
  const app = await buildImage({ layers: [1, 2], labels: { name: 'library/app' } });
  const platforms = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture) =>
      buildImage({
        layers: [1, architecture.length],
        architecture,
        labels: { name: 'acme/multi' },
      }),
    ),
  );
  registry.put('library/app', '1', manifestRoot(app));
  registry.put('acme/multi', '2', indexRoot('multi', platforms));
  return {
    open: async (_, options) =>
      openRegistrySource({ ...accessOf(), host: registry.host, include: ['*'] }, options),
    openMissing: async () =>
      openRegistrySource({ ...accessOf(), host: '127.0.0.1:1', include: ['*'] }),
    images: new Map([
      [`${registry.host}/library/app:1`, [app.imageId]],
      [`${registry.host}/acme/multi:2`, platforms.map(({ imageId }) => imageId)],
    ]),
    freshFolder: async () => temporary.fresh(),
  };
});
