/** What every target must do, shown with real engines and a real registry. */
import { imageTargetContract } from '../contracts/image-target.ts';
import type { TargetImage } from '../../src/content/image.ts';
import { openContainerdTarget } from '../../src/transports/containerd/target.ts';
import { openDockerTarget } from '../../src/transports/docker/target.ts';
import { openPodmanTarget } from '../../src/transports/podman/target.ts';
import { openRegistryTarget } from '../../src/transports/registry/target.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { startContainerd } from '../support/engines/containerd.ts';
import { startDocker, type DockerEngine } from '../support/engines/docker.ts';
import { startNewerDocker } from '../support/engines/newer-docker.ts';
import { startPodman, type PodmanEngine } from '../support/engines/podman.ts';
import { startRegistry } from '../support/engines/registry.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { recordsOf } from './support/containerd-records.ts';
import { familiar } from './support/kits.ts';

const configId = ({ graph }: TargetImage): string => graph.manifests[0]?.config.digest ?? '';

/** Tags only: by name and digest a registry has what was pushed for good. */
async function digestAt(host: string, reference: string): Promise<string | undefined> {
  const [repository = '', tag = ''] = reference.replace('registry.example/', '').split(':');
  const response = await fetch(`http://${host}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  return response.headers.get('docker-content-digest') ?? undefined;
}

async function idIn(engine: DockerEngine, reference: string): Promise<string | undefined> {
  const found = await engine.docker('inspect', '--format', '{{.Id}}', familiar(reference));
  return found.code === 0 ? found.stdout.trim() : undefined;
}

describeWithEngines(['docker'], 'docker 20.10', () => {
  const engine = useEngine(() => startDocker());
  imageTargetContract('docker, classic store', async () => ({
    open: async (options) =>
      openDockerTarget({ environment: { DOCKER_HOST: engine().host } }, options),
    idOf: async (reference) => idIn(engine(), reference),
    expectedId: configId,
  }));
});

describeWithEngines(['newer-docker'], 'docker 28', () => {
  const classic = useEngine(() => startNewerDocker({ store: 'classic' }));
  const containerd = useEngine(() => startNewerDocker());
  imageTargetContract('docker, classic store', async () => ({
    open: async (options) =>
      openDockerTarget({ environment: { DOCKER_HOST: classic().host } }, options),
    idOf: async (reference) => idIn(classic(), reference),
    expectedId: configId,
  }));
  imageTargetContract('docker, containerd store', async () => ({
    open: async (options) =>
      openDockerTarget({ environment: { DOCKER_HOST: containerd().host } }, options),
    idOf: async (reference) => idIn(containerd(), reference),
  }));
});

async function idInPodman(engine: PodmanEngine, reference: string): Promise<string | undefined> {
  const found = await engine.podman('image', 'inspect', '--format', '{{.Id}}', reference);
  return found.code === 0 ? `sha256:${found.stdout.trim()}` : undefined;
}

describeWithEngines(['podman'], 'podman 4', () => {
  // One for each way: layers that the other way brought need not be sent.
  const socket = useEngine(() => startPodman());
  const command = useEngine(() => startPodman());
  imageTargetContract('podman, through its socket', async () => ({
    open: async (options) => openPodmanTarget({ CONTAINER_HOST: socket().host }, options),
    idOf: async (reference) => idInPodman(socket(), reference),
    expectedId: configId,
  }));
  imageTargetContract('podman, through its command', async () => ({
    open: async (options) =>
      openPodmanTarget({ PATH: process.env['PATH'], ...command().environment }, options),
    idOf: async (reference) => idInPodman(command(), reference),
    expectedId: configId,
  }));
});

for (const isNewer of [false, true]) {
  const name = isNewer ? 'newer-containerd' : 'containerd';
  describeWithEngines([name], name, () => {
    const node = useEngine(() => startContainerd({ isNewer }));
    imageTargetContract('containerd', async () => ({
      open: async (options) => {
        const environment = { ...process.env, ...node().environment };
        return openContainerdTarget({ namespace: 'k8s.io', environment }, options);
      },
      idOf: async (reference) => (await recordsOf(node()))[reference],
    }));
  });
}

describeWithEngines(['registry'], 'the distribution registry', () => {
  const registry = useEngine(() => startRegistry());
  imageTargetContract('registry://', async () => ({
    open: async (options) =>
      openRegistryTarget(
        { settings: {}, environment: {}, certificateFolders: [], host: registry().host },
        options,
      ),
    idOf: async (reference) => digestAt(registry().host, reference),
    keepsNames: true, // distribution 2 deletes by digest only
  }));
});
