import { join } from 'node:path';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { openK3sTarget } from '../../src/transports/k3s/target.ts';
import { REF_NAME } from '../../src/oci/layout-documents.ts';
import { namesOf, readEntries } from '../../src/transports/oci/layout-names.ts';
import { openLayoutTarget } from '../../src/transports/oci/target.ts';
import { openRegistryTarget } from '../../src/transports/registry/target.ts';
import { run } from '../support/engines/command.ts';
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

imageTargetContract(
  'k3s: a folder of archives',
  async () => {
    const folder = join(await temporary.fresh(), 'images');
    const kit = { name: 'contract', version: '1' };
    return {
      open: async () => openK3sTarget({ folder, kit }),
      idOf: async (reference) => {
        const args = ['-xOf', join(folder, 'contract-1.tar'), 'index.json'];
        const { code, stdout } = await run({ file: 'tar', args });
        const index = code === 0 ? stdout : '{"manifests":[]}';
        const { manifests }: { manifests: Descriptor[] } = JSON.parse(index);
        return manifests.find(({ annotations }) => annotations?.[REF_NAME] === reference)?.digest;
      },
    };
  },
  { isOneFile: true },
);

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
