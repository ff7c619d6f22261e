import { connect } from 'node:net';
import { isErrno } from '../../content/file-bytes.ts';
import type { OperationOptions } from '../../content/operation.ts';
import { ctrFailure, type Containerd } from './ctr.ts';

const DEFAULT_ADDRESS = '/run/containerd/containerd.sock';
const LOOK_MILLISECONDS = 1000;
/** So many looks in a row: a containerd that a service manager starts again is back sooner. */
const MAX_MISSED_LOOKS = 10;

/**
 * Runs a call of ctr that may never end by itself: to write a blob, ctr asks again for ever when containerd is gone
 * (`OpenWriter` of its client, on Unavailable). While the call runs, the socket is looked at; when nobody has listened
 * on it for ten seconds, the signal that the call gets is aborted. A containerd that is only slow, or stopped, is
 * still connected to. What nobody listens on at the start is not watched: ctr may know another address than airkit.
 *
 * @param what what the call does, for people: `import NAME`
 * @throws AirkitError SOURCE_FAILED or TARGET_FAILED when nobody listens any more; what the call throws
 */
export async function whileListening<Result>(
  { store, what }: { readonly store: Containerd; readonly what: string },
  options: OperationOptions,
  call: (options: OperationOptions) => Promise<Result>,
): Promise<Result> {
  const address = store.environment['CONTAINERD_ADDRESS'] ?? '';
  const path = address === '' ? DEFAULT_ADDRESS : address;
  if (!(await isListening(path))) return call(options);
  const lost = new AbortController();
  let missed = 0;
  const look = async (): Promise<void> => {
    missed = (await isListening(path)) ? 0 : missed + 1;
    if (missed >= MAX_MISSED_LOOKS) lost.abort(ctrFailure(store, what, 'it no longer answers'));
  };
  const timer = setInterval(() => void look(), LOOK_MILLISECONDS);
  const { signal } = options;
  const signals = signal === undefined ? [lost.signal] : [signal, lost.signal];
  try {
    return await call({ ...options, signal: AbortSignal.any(signals) });
  } finally {
    clearInterval(timer);
  }
}

/** False only when it is sure: a full queue, or a socket that one may not use, says nothing. */
async function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      resolve(!NOBODY.some((code) => isErrno(error, code)));
    });
  });
}

const NOBODY = ['ECONNREFUSED', 'ENOENT'];
