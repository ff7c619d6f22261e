import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AirkitError, messageOf } from '../../errors.ts';
import { isErrno } from '../../content/file-bytes.ts';
import type { ByteStream, OperationOptions } from '../../content/operation.ts';
import { collectBytes } from '../../content/read-document.ts';
import { oneLine } from '../../printable.ts';

/** Which containerd, and as whose failure its troubles count. */
export interface Containerd {
  readonly namespace: string;
  /** CONTAINERD_ADDRESS and CONTAINERD_SNAPSHOTTER count as they do for ctr; PATH leads to it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly side: 'source' | 'target';
}

/** One call of ctr: no shell is between. */
export interface CtrCall {
  /** For people: `list images`. */
  readonly what: string;
  readonly args: readonly string[];
  /** Goes to stdin. It is destroyed when ctr ends. */
  readonly input?: Readable | undefined;
}

/** Lists of a large node stay far below it. In bytes. */
const MAX_LISTING = 128 * 1024 * 1024;
/** Of stderr, in characters; the end of it says why. */
const KEPT_WORDS = 8192;
/** ctr by itself waits ten seconds for a socket that is not there. */
const CONNECT_TIMEOUT = '5s';

/**
 * Runs ctr to its end.
 *
 * @returns stdout
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED with ctr's words; the input's own error when that breaks off; the
 * signal's reason once ctr has ended
 */
export async function runCtr(
  store: Containerd,
  call: CtrCall,
  options: OperationOptions = {},
): Promise<string> {
  const bytes = await collectBytes(streamCtr(store, call, options), MAX_LISTING);
  return bytes.toString('utf8');
}

/** {@link runCtr}, whose stdout is streamed. A consumer that leaves early ends ctr. */
export async function* streamCtr(
  store: Containerd,
  call: CtrCall,
  { signal }: OperationOptions = {},
): AsyncGenerator<Uint8Array, void> {
  signal?.throwIfAborted();
  const running = startCtr(store, call);
  const stop = (): void => {
    running.child.kill('SIGTERM');
  };
  signal?.addEventListener('abort', stop, { once: true });
  let isRead = false;
  try {
    yield* chunksOf(running.child.stdout);
    isRead = true;
    const failure = await running.ended;
    signal?.throwIfAborted();
    if (failure !== undefined) throw failure;
  } finally {
    signal?.removeEventListener('abort', stop);
    if (!isRead) stop();
    await running.ended;
  }
}

interface RunningCtr {
  readonly child: Child;
  /** Settles when the process has ended; with what went wrong, if anything. */
  readonly ended: Promise<Error | undefined>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function startCtr(store: Containerd, call: CtrCall): RunningCtr {
  const { namespace, environment } = store;
  const address = environment['CONTAINERD_ADDRESS'] ?? '';
  const flags = [
    ...(address === '' ? [] : ['--address', address]),
    '--connect-timeout',
    CONNECT_TIMEOUT,
    '--namespace',
    namespace,
  ];
  const child = spawn('ctr', [...flags, ...call.args], { env: { ...environment } });
  const words = lastWords(child.stderr);
  const closed = new Promise<Error | undefined>((resolve) => {
    child.once('error', (error) => resolve(ctrFailure(store, call.what, error)));
    child.once('close', (code, killer) =>
      resolve(
        code === 0 ? undefined : failedExit(store, call, words() || `ended by ${killer ?? code}`),
      ),
    );
  });
  const fed = feed(child, call.input);
  // A kit's own damage is the reason, whatever ctr says to an archive that breaks off.
  const ended = Promise.all([fed, closed]).then(([broken, failure]) => broken ?? failure);
  return { child, ended };
}

/** @returns the input's own error; what ctr does not read it explains on stderr */
async function feed(child: Child, input: Readable | undefined): Promise<Error | undefined> {
  if (input === undefined) {
    child.stdin.on('error', () => undefined);
    child.stdin.end();
    return undefined;
  }
  child.once('error', () => input.destroy());
  child.once('close', () => input.destroy());
  try {
    await pipeline(input, child.stdin);
    return undefined;
  } catch (error) {
    if (CLOSED_PIPE.some((code) => isErrno(error, code))) return undefined;
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

const CLOSED_PIPE = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'];

async function* chunksOf(stdout: Readable): ByteStream {
  for await (const chunk of stdout) if (chunk instanceof Uint8Array) yield chunk;
}

function lastWords(stderr: Readable): () => string {
  let words = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-KEPT_WORDS);
  });
  return () => words;
}

function failedExit(store: Containerd, { what }: CtrCall, stderr: string): AirkitError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const own = lines.findLast((line) => line.startsWith('ctr: '))?.slice('ctr: '.length);
  return ctrFailure(store, what, own ?? lines.at(-1) ?? stderr);
}

/**
 * What went wrong with a call.
 *
 * @param what as in {@link CtrCall}
 * @param error the error of starting ctr, or words of ctr or airkit
 * @returns AirkitError SOURCE_FAILED or TARGET_FAILED, as the store has it
 */
export function ctrFailure(store: Containerd, what: string, error: unknown): AirkitError {
  const isMissing = isErrno(error, 'ENOENT');
  const words = isMissing ? 'ctr is not installed' : oneLine(messageOf(error));
  const address = store.environment['CONTAINERD_ADDRESS'] ?? '';
  const where = address === '' ? 'containerd' : `containerd at ${oneLine(address)}`;
  return new AirkitError(
    store.side === 'source' ? 'SOURCE_FAILED' : 'TARGET_FAILED',
    `${where}: cannot ${what}: ${words}`,
    { hint: isMissing ? MISSING_HINT : hintFor(words), context: { namespace: store.namespace } },
  );
}

const MISSING_HINT =
  'It comes with containerd; RKE2 keeps it in /var/lib/rancher/rke2/bin. Put its folder into PATH.';

function hintFor(words: string): string | undefined {
  if (/permission denied/.test(words)) return 'You may not use its socket: run as root.';
  if (
    /failed to dial|connection refused|Unavailable|closing transport|no longer answers/.test(words)
  )
    return 'Is containerd running? CONTAINERD_ADDRESS names its socket; that of k3s and RKE2 is /run/k3s/containerd/containerd.sock.';
  return undefined;
}
