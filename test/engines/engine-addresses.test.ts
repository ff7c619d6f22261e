/** Every way in which docker's own client finds an engine: ssh, contexts, TLS; as target and as source. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { makeAirkitPlace, succeeds, type AirkitPlace } from '../support/airkit-command.ts';
import { buildBusyboxImages, busyboxImages } from '../support/busybox-images.ts';
import { describeWithEngines } from '../support/engines/availability.ts';
import { succeed } from '../support/engines/command.ts';
import { startDocker } from '../support/engines/docker.ts';
import { startSsh } from '../support/engines/ssh.ts';
import { startTlsProxy } from '../support/engines/tls-proxy.ts';
import { useEngine } from '../support/engines/use-engine.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { canonical, idsIn, imageIds, pick, writeBundles } from './support/kits.ts';

const [image] = busyboxImages;
const nowhere = 'unix:///nonexistent/docker.sock';

describeWithEngines(['docker', 'ssh'], 'an engine elsewhere', () => {
  const folder = useTempFolder();
  const source = useEngine(() => startDocker());
  const target = useEngine(() => startDocker());
  const toSource = useEngine(() => startSsh({ dockerHost: source().host }));
  const toTarget = useEngine(() => startSsh({ dockerHost: target().host }));
  let packer: AirkitPlace;
  let kit = '';

  /** A person whose `ssh` knows the server, and who has no engine of their own. */
  const visitor = async (path: string, environment = {}): Promise<AirkitPlace> =>
    makeAirkitPlace(await folder.fresh(), {
      PATH: `${path}:${process.env['PATH']}`,
      ...environment,
    });

  const load = async (place: AirkitPlace, ...flags: string[]) =>
    succeeds(place.airkit('load', kit, '--allow-unsigned', '--json', ...flags));

  const emptyTarget = async (): Promise<void> => {
    const ids = (await succeed(target().docker('images', '-aq'))).split('\n').filter(Boolean);
    if (ids.length > 0) await succeed(target().docker('rmi', '--force', ...new Set(ids)));
  };

  beforeAll(async () => {
    await buildBusyboxImages(source());
    packer = await visitor(toSource().path, { DOCKER_HOST: nowhere });
    kit = packer.path('dist', 'far');
    const images = [{ from: `docker+ssh://${toSource().address}`, include: ['*k8s*'] }];
    await writeBundles(packer, { name: 'far', images });
    await succeeds(packer.airkit('pack', '--json'));
  });

  test('is packed from over ssh', async () => {
    const packed = await imageIds(kit);
    expect(Object.keys(packed)).toContain(canonical(image?.name ?? ''));
    expect(packed).toEqual(pick(await idsIn(source()), Object.keys(packed)));
  });

  test('is loaded over ssh, and no connection stays behind', async () => {
    await emptyTarget();
    const place = await visitor(toTarget().path, { DOCKER_HOST: nowhere });
    const to = `docker+ssh://${toTarget().address}`;
    const report = (await load(place, '--to', to)).json();
    expect(report.results.map(({ status }) => status)).not.toContain('failed');
    const packed = await imageIds(kit);
    expect(pick(await idsIn(target()), Object.keys(packed))).toEqual(packed);
    expect((await load(place, '--to', to)).json().sentBytes).toBe(0);
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith('airkit-tunnel-'));
    expect(left).toEqual([]);
  });

  test('is named by DOCKER_HOST as ssh://', async () => {
    await emptyTarget();
    const place = await visitor(toTarget().path, {
      DOCKER_HOST: `ssh://${toTarget().address}`,
    });
    expect((await load(place)).json().sentBytes).toBeGreaterThan(0);
  });

  test.each([
    ['DOCKER_CONTEXT', { DOCKER_CONTEXT: 'inside' }, {}],
    ['the current context', {}, { currentContext: 'inside' }],
  ])('is named by %s', async (_, environment, configuration) => {
    await emptyTarget();
    const config = await folder.fresh();
    const id = createHash('sha256').update('inside').digest('hex');
    const meta = join(config, 'contexts', 'meta', id);
    await mkdir(meta, { recursive: true });
    const Endpoints = { docker: { Host: target().host, SkipTLSVerify: false } };
    await writeFile(join(meta, 'meta.json'), JSON.stringify({ Name: 'inside', Endpoints }));
    await writeFile(join(config, 'config.json'), JSON.stringify(configuration));
    const place = await visitor('/usr/bin', { DOCKER_CONFIG: config, ...environment });
    expect((await load(place)).json().sentBytes).toBeGreaterThan(0);
  });

  test('is reached over TLS with the certificates of DOCKER_CERT_PATH, and not without', async () => {
    await emptyTarget();
    await using proxy = await startTlsProxy(target().host);
    const secure = { DOCKER_HOST: proxy.host, DOCKER_TLS_VERIFY: '1' };
    const own = { ...secure, DOCKER_CERT_PATH: proxy.clientFolder };
    expect((await load(await visitor('/usr/bin', own))).json().sentBytes).toBeGreaterThan(0);
    const stranger = await visitor('/usr/bin', secure);
    const refused = await stranger.airkit('load', kit, '--allow-unsigned', '--json');
    expect([refused.code, refused.json().error?.code]).toEqual([3, 'TARGET_FAILED']);
  });

  test.each([
    ['a user whom the host refuses', 'docker+ssh://nobody@127.0.0.1:PORT', [3, 'TARGET_FAILED']],
    ['a host that would be an option', 'docker+ssh://-oProxyCommand=x', [2, 'USAGE']],
  ] as const)('%s', async (_, address, outcome) => {
    const place = await visitor(toTarget().path);
    const to = address.replace('PORT', toTarget().address.split(':')[1] ?? '');
    const refused = await place.airkit('load', kit, '--allow-unsigned', '--json', '--to', to);
    expect([refused.code, refused.json().error?.code]).toEqual(outcome);
  });

  test('a context that is not there is named', async () => {
    const place = await visitor('/usr/bin', { DOCKER_CONTEXT: 'lost' });
    const refused = await place.airkit('load', kit, '--allow-unsigned', '--json');
    expect([refused.code, refused.json().error?.code]).toEqual([2, 'USAGE']);
  });
});
