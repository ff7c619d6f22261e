import { Buffer } from 'node:buffer';
import { AirkitError, isAirkitError } from '../../errors.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';
import { parsePlatform, type Platform } from '../../oci/platform.ts';
import { runCtr, streamCtr, type Containerd } from './ctr.ts';

/** A name in containerd's metadata, and what it points at. */
export interface ImageRecord {
  readonly name: string;
  readonly mediaType: string;
  readonly digest: Digest;
}

/** What decides how images are imported. */
export interface StoreFacts {
  /** What it unpacks. */
  readonly platform: Platform;
  /** Of ctr itself: [major, minor]. */
  readonly ctrVersion: readonly [number, number];
}

/**
 * Asks containerd and its client what they are.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when one of them does not answer
 */
export async function askFacts(store: Containerd, options?: OperationOptions): Promise<StoreFacts> {
  const plugins = await runCtr(
    store,
    { what: 'ask for its platform', args: ['plugins', 'ls'] },
    options,
  );
  const version = await runCtr(
    store,
    { what: 'ask for its version', args: ['--version'] },
    options,
  );
  const [, major, minor] = /\bv?(\d+)\.(\d+)\S*\s*$/.exec(version) ?? [];
  if (major === undefined || minor === undefined) throw notUnderstood(store, 'ctr --version');
  return {
    platform: platformOf(store, plugins),
    ctrVersion: [Number(major), Number(minor)],
  };
}

/** Snapshotters state what they unpack: columns TYPE, ID, PLATFORMS, STATUS. */
function platformOf(store: Containerd, plugins: string): Platform {
  const rows = plugins.split('\n').map((line) => line.split(/\s+/));
  const able = rows.find(([type, , , status]) => type === SNAPSHOTTER && status === 'ok');
  const [platform = ''] = able?.[2]?.split(',') ?? [];
  if (platform === '' || platform === '-') throw notUnderstood(store, 'ctr plugins ls');
  return parsePlatform(platform);
}

const SNAPSHOTTER = 'io.containerd.snapshotter.v1';

/** Image records of the namespace, all or those of some names; columns REF, TYPE, DIGEST and others. */
export async function listRecords(
  store: Containerd,
  names: readonly string[] = [],
  options?: OperationOptions,
): Promise<ImageRecord[]> {
  const call = { what: 'list images', args: ['images', 'ls', ...filters(names)] };
  const listed = await runCtr(store, call, options);
  return listed.split('\n').flatMap((line) => {
    const [name = '', mediaType = '', digest = ''] = line.split(/\s+/);
    return isDigest(digest) ? [{ name, mediaType, digest }] : [];
  });
}

/** Digests of every blob that the namespace has. */
export async function listBlobs(
  store: Containerd,
  options?: OperationOptions,
): Promise<Set<Digest>> {
  const call = { what: 'list content', args: ['content', 'ls', '--quiet'] };
  const listed = await runCtr(store, call, options);
  return new Set(listed.split('\n').filter(isDigest));
}

/**
 * Names, of all or of some, whose images are complete and unpacked for the platform that containerd runs: columns REF
 * first, UNPACKED last (`--quiet` of ctr 1.6 lists also what is not unpacked). ctr fails in the end when it could not
 * judge one of them, such as an index that lost its manifests: what it printed counts.
 */
export async function listReady(
  store: Containerd,
  names: readonly string[] = [],
  options?: OperationOptions,
): Promise<Set<string>> {
  const args = ['images', 'check', ...filters(names)];
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of streamCtr(store, { what: 'check images', args }, options))
      chunks.push(chunk);
  } catch (error) {
    if (!isAirkitError(error, 'SOURCE_FAILED', 'TARGET_FAILED')) throw error;
  }
  const rows = Buffer.concat(chunks).toString('utf8').split('\n');
  const ready = rows.filter((row) => /\scomplete \(.*\strue\s*$/.test(row));
  return new Set(ready.map((row) => row.slice(0, row.indexOf(' '))));
}

/** containerd's filters; one of several is enough. */
function filters(names: readonly string[]): string[] {
  return names.map((name) => `name=="${name}"`);
}

function notUnderstood({ side }: Containerd, command: string): AirkitError {
  return new AirkitError(
    side === 'source' ? 'SOURCE_FAILED' : 'TARGET_FAILED',
    `containerd: the answer of ${command} is not understood`,
    { hint: 'airkit knows containerd 1.6 and later.' },
  );
}
