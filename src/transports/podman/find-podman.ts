import { join } from 'node:path';
import { AirkitError } from '../../errors.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { openCommand } from './command.ts';
import type { Podman, PodmanEnvironment, PodmanSide } from './podman.ts';
import { openSocket } from './socket.ts';

export interface PodmanRequest {
  readonly environment: PodmanEnvironment;
  readonly side: PodmanSide;
}

/**
 * Opens podman: the socket that `CONTAINER_HOST` names, else the person's own socket, else the machine's, else the
 * command. DOCKER_HOST does not count.
 *
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when there is no podman, USAGE for an address that is none,
 * UNSUPPORTED for addresses other than Unix sockets
 */
export async function openPodman(
  { environment, side }: PodmanRequest,
  options: OperationOptions = {},
): Promise<Podman> {
  const named = environment['CONTAINER_HOST'] ?? '';
  if (named !== '') return openNamed(named, side, options);
  for (const path of socketPaths(environment)) {
    const podman = await openSocket({ path, side }, options).catch(unlessNobodyAnswers);
    if (podman !== undefined) return podman;
  }
  try {
    return await openCommand({ environment, side }, options);
  } catch (error) {
    throw codeOfCause(error) === 'ENOENT' ? noPodman(side, error) : error;
  }
}

async function openNamed(
  address: string,
  side: PodmanSide,
  options: OperationOptions,
): Promise<Podman> {
  const path = socketPath(address);
  const podman = await openSocket({ path, side }, options).catch(unlessNobodyAnswers);
  if (podman !== undefined) return podman;
  throw new AirkitError(failureCode(side), `podman: nobody answers at unix://${path}`, {
    hint: 'CONTAINER_HOST names this socket. Is podman running there? systemctl --user start podman.socket',
    context: { address: `unix://${path}` },
  });
}

/** The address may hold a user or a path to a key: only its scheme is shown. */
function socketPath(address: string): string {
  const path = /^unix:(?:\/\/)?(\/.+)$/s.exec(address)?.[1];
  if (path !== undefined) return path;
  const scheme = /^[a-z+]{1,16}(?=:)/.exec(address)?.[0];
  if (scheme === 'ssh' || scheme === 'tcp') {
    throw new AirkitError('UNSUPPORTED', `CONTAINER_HOST: ${scheme} addresses are not supported`, {
      hint: 'Forward the socket with ssh -L, or run airkit on that machine.',
    });
  }
  throw new AirkitError('USAGE', 'CONTAINER_HOST: this is not the address of a podman', {
    hint: 'Use unix:///run/podman/podman.sock.',
  });
}

/** Without root podman's socket is the person's own (podman-system-service(1)). */
function socketPaths(environment: PodmanEnvironment): string[] {
  const runtime = environment['XDG_RUNTIME_DIR'] ?? '';
  const own = runtime.startsWith('/') ? [join(runtime, 'podman', 'podman.sock')] : [];
  return [...own, '/run/podman/podman.sock'];
}

const NOBODY: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTDIR']);

function unlessNobodyAnswers(error: unknown): undefined {
  if (NOBODY.has(codeOfCause(error))) return undefined;
  throw error;
}

function codeOfCause(error: unknown): unknown {
  const cause: unknown = error instanceof AirkitError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}

function noPodman(side: PodmanSide, cause: unknown): AirkitError {
  return new AirkitError(
    failureCode(side),
    'podman: no socket answers, and there is no command of that name',
    {
      hint: 'Install podman, or start its socket: systemctl --user start podman.socket (as root without --user). CONTAINER_HOST=unix:///PATH names another one.',
      cause,
    },
  );
}

function failureCode(side: PodmanSide): 'SOURCE_FAILED' | 'TARGET_FAILED' {
  return side === 'source' ? 'SOURCE_FAILED' : 'TARGET_FAILED';
}
