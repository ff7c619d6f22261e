import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { messageOf } from '../errors.ts';
import { keyInvalid } from './key-error.ts';
import type { SigningKey } from './private-key.ts';
import type { PublicKey } from './public-key.ts';
import {
  formatIdentitiesRequest,
  formatSignRequest,
  MAX_AGENT_MESSAGE,
  parseIdentities,
  parseSignResponse,
  takeAgentMessage,
} from './ssh-agent-messages.ts';
import { parseSshKeyBlob } from './ssh-key-blob.ts';
import { isFingerprint, unpadded } from './revoked-keys.ts';

export interface AgentKeyChoice {
  /** Of the agent, as SSH_AUTH_SOCK has it. */
  readonly socketPath: string;
  /** A fingerprint, a key id or a comment. */
  readonly selector: string;
  /** Where the selector was the path of a public key: that key. */
  readonly publicKey?: PublicKey | undefined;
}

export interface AgentOptions {
  readonly signal?: AbortSignal | undefined;
}

interface AgentKey {
  readonly key: PublicKey;
  readonly comment: string;
}

/** People confirm a signature or touch a token meanwhile, in milliseconds. */
const LONGEST_ANSWER = 120_000;
/** What a request holds beside the bytes to sign. */
const REQUEST_OVERHEAD = 16 * 1024;
const LIST_KEYS = '`ssh-add -l` lists what the agent holds.';

/**
 * Opens a key that an ssh-agent holds. P-256 keys make all signatures of a kit, other kinds SSH signatures only.
 *
 * @throws AirkitError KEY_INVALID when the agent does not answer, and unless exactly one of its keys is meant
 */
export async function openAgentKey(
  choice: AgentKeyChoice,
  options: AgentOptions = {},
): Promise<SigningKey> {
  const { socketPath, selector } = choice;
  const answer = await ask(socketPath, formatIdentitiesRequest(), options);
  const identities = parseIdentities(answer);
  if (identities === undefined) throw keyInvalid('the ssh-agent does not list its keys');
  const keys = identities.flatMap(({ blob, comment }) => {
    const key = parseSshKeyBlob(blob);
    return key === undefined ? [] : [{ key, comment }];
  });
  const [found, ...more] = keys.filter((one) => isMeant(one, choice));
  if (found === undefined)
    throw keyInvalid(`no key of the ssh-agent is ${JSON.stringify(selector)}`, LIST_KEYS);
  if (more.length > 0) {
    const ids = [found, ...more].map(({ key }) => key.sshFingerprint);
    throw keyInvalid(
      `${JSON.stringify(selector)} means several keys of the ssh-agent: ${ids.join(', ')}`,
      'Name one by its fingerprint: agent:SHA256:….',
    );
  }
  const { key } = found;
  return {
    publicKey: key,
    maxBytes: MAX_AGENT_MESSAGE - REQUEST_OVERHEAD,
    sign: async (bytes) => {
      const response = await ask(socketPath, formatSignRequest(key, bytes), options);
      const blob = parseSignResponse(response);
      if (blob !== undefined) return blob;
      throw keyInvalid(
        `the ssh-agent refused to sign with ${key.sshFingerprint}`,
        'The key may be locked, its use not confirmed, or its token not touched.',
      );
    },
  };
}

function isMeant({ key, comment }: AgentKey, { selector, publicKey }: AgentKeyChoice): boolean {
  if (publicKey !== undefined) return publicKey.keyId === key.keyId;
  if (!isFingerprint(selector)) return comment === selector;
  const wanted = unpadded(selector);
  return wanted === key.sshFingerprint || wanted === unpadded(key.keyId);
}

async function ask(socketPath: string, request: Buffer, { signal }: AgentOptions): Promise<Buffer> {
  const timeout = AbortSignal.timeout(LONGEST_ANSWER);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  signal?.throwIfAborted();
  try {
    return await exchange(socketPath, request, stop);
  } catch (error) {
    signal?.throwIfAborted();
    throw keyInvalid(
      `the ssh-agent at ${socketPath} does not answer: ${messageOf(error)}`,
      'SSH_AUTH_SOCK names its socket; start one with `eval $(ssh-agent)`.',
      { path: socketPath },
    );
  }
}

async function exchange(socketPath: string, request: Buffer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: socketPath, signal });
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('it closed the connection')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const message = takeAgentMessage(received);
      if (message === undefined) return;
      if (message === 'too-long') reject(new Error('it sends something else than answers'));
      else resolve(message);
      socket.destroy();
    });
    socket.write(request);
  });
}
