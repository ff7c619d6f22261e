import { Buffer } from 'node:buffer';
import type { KeyKind } from './public-key.ts';
import { splitSshStrings, sshString, sshUint32 } from './ssh-wire.ts';

/** Messages of the agent protocol (draft-ietf-sshm-ssh-agent §3): one byte of type, then the content. */
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
/** For RSA keys: without it, agents sign with SHA-1. */
const RSA_SHA2_512 = 4;
const LENGTH_BYTES = 4;

/** Longer messages are refused by agents (ssh-agent.c AGENT_MAX_LEN), and from them. */
export const MAX_AGENT_MESSAGE: number = 256 * 1024;

export interface AgentIdentity {
  /** Public key blob. */
  readonly blob: Buffer;
  readonly comment: string;
}

/** Asks for the keys that the agent holds. */
export function formatIdentitiesRequest(): Buffer {
  return frame(Buffer.of(REQUEST_IDENTITIES));
}

/** Asks for a signature over the data. */
export function formatSignRequest(
  { sshBlob, kind }: { readonly sshBlob: Buffer; readonly kind: KeyKind },
  data: Uint8Array,
): Buffer {
  const flags = sshUint32(kind === 'ssh-rsa' ? RSA_SHA2_512 : 0);
  return frame(
    Buffer.concat([Buffer.of(SIGN_REQUEST), sshString(sshBlob), sshString(data), flags]),
  );
}

/**
 * Takes the first whole message off the bytes received so far.
 *
 * @returns undefined when more bytes must come, `too-long` for a length that no agent sends
 */
export function takeAgentMessage(received: Buffer): Buffer | 'too-long' | undefined {
  if (received.byteLength < LENGTH_BYTES) return undefined;
  const length = received.readUInt32BE(0);
  if (length > MAX_AGENT_MESSAGE || length === 0) return 'too-long';
  const end = LENGTH_BYTES + length;
  return received.byteLength < end ? undefined : received.subarray(LENGTH_BYTES, end);
}

/** Reads the keys of an agent; undefined for any other message. */
export function parseIdentities(message: Buffer): AgentIdentity[] | undefined {
  if (message[0] !== IDENTITIES_ANSWER || message.byteLength < 1 + LENGTH_BYTES) return undefined;
  const count = message.readUInt32BE(1);
  const fields = splitSshStrings(message.subarray(1 + LENGTH_BYTES));
  if (fields?.length !== 2 * count) return undefined;
  return Array.from({ length: count }, (_, position) => ({
    blob: fields[2 * position] ?? Buffer.alloc(0),
    comment: (fields[2 * position + 1] ?? Buffer.alloc(0)).toString('utf8'),
  }));
}

/** Reads a signature blob; undefined for any other message, as when the agent or its user refuses. */
export function parseSignResponse(message: Buffer): Buffer | undefined {
  if (message[0] !== SIGN_RESPONSE) return undefined;
  const fields = splitSshStrings(message.subarray(1));
  return fields?.length === 1 ? fields[0] : undefined;
}

function frame(message: Buffer): Buffer {
  return sshString(message);
}
