import type { Readable } from 'node:stream';
import { AirkitError } from '../../errors.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { type Engine } from './engine.ts';
import { engineFailure } from './engine-call.ts';

/** Longer lines of the progress stream are cut, in characters. */
const MAX_LINE = 64 * 1024;

/**
 * Sends an archive to `POST /images/load` and reads what the engine says meanwhile. The engine answers 200 whatever
 * happens: failures stand in the body, as `errorDetail`, or in the containerd store as the text "Error unpacking".
 *
 * @throws AirkitError TARGET_FAILED with the engine's words; the archive's own error when the archive breaks off
 */
export async function sendArchive(
  engine: Engine,
  archive: Readable,
  { signal }: OperationOptions = {},
): Promise<void> {
  let broken: Error | undefined;
  archive.once('error', (error) => {
    broken = error;
  });
  try {
    const abort = signal === undefined ? {} : { abortSignal: signal };
    const body = await engine.client.loadImage(archive, { quiet: false, ...abort });
    await readProgress(engine, body);
  } catch (error) {
    signal?.throwIfAborted();
    throw broken ?? engineFailure(engine, 'load', error);
  } finally {
    archive.destroy();
  }
  if (broken !== undefined) throw broken;
}

async function readProgress(engine: Engine, body: AsyncIterable<unknown>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += chunk instanceof Uint8Array ? decoder.decode(chunk, { stream: true }) : String(chunk);
    const lines = rest.split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) refuseFailure(engine, line);
  }
  refuseFailure(engine, rest);
}

function refuseFailure(engine: Engine, line: string): void {
  const text = failureIn(line.trim());
  if (text === undefined) return;
  throw new AirkitError('TARGET_FAILED', `docker at ${engine.address}: ${text}`, {
    context: { address: engine.address },
  });
}

/** The engine's words for a failure; undefined for progress. */
function failureIn(line: string): string | undefined {
  if (line === '') return undefined;
  const message = parseLine(line);
  if (message === undefined) return undefined;
  if (message.errorDetail?.message !== undefined) return message.errorDetail.message;
  if (message.error !== undefined) return message.error;
  return message.stream?.includes('Error unpacking') === true ? message.stream.trim() : undefined;
}

interface ProgressLine {
  readonly errorDetail?: { readonly message?: string } | undefined;
  readonly error?: string | undefined;
  readonly stream?: string | undefined;
}

function parseLine(line: string): ProgressLine | undefined {
  try {
    const value: ProgressLine | null = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
