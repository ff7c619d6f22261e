import { join } from 'node:path';
import { namesOf, readEntries } from '../../src/transports/oci/layout-names.ts';
import { openLayoutTarget } from '../../src/transports/oci/target.ts';
import { openRegistryTarget } from '../../src/transports/registry/target.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { accessOf, startRegistry } from '../unit/registry/registry-world.ts';
import { imageTargetContract } from './image-target.ts';

const temporary = useTempFolder();

imageTargetContract('oci: a layout folder', async () => {
  const folder = join(await temporary.fresh(), 'layout');
  return {
    open: async () => openLayoutTarget(folder),
    idOf: async (reference) => namesOf(await readEntries(folder)).get(reference)?.digest,
  };
});

for (const deletesTags of [true, false]) {
  const title = `registry:// that ${deletesTags ? 'deletes' : 'keeps'} tags`;
  imageTargetContract(title, async () => {
    const registry = await startRegistry({ refuseDelete: !deletesTags });
    return {
      open: async (options) =>
        openRegistryTarget({ ...accessOf(), host: registry.host, prefix: 'team' }, options),
      idOf: async (reference) => {
        const [repository = '', tag = ''] = reference.replace('registry.example/', '').split(':');
        return registry.repositories.get(`team/${repository}`)?.tags.get(tag);
      },
      keepsNames: !deletesTags,
    };
  });
}
