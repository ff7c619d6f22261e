import { resolve } from 'node:path';
import { AirkitError } from '../errors.ts';
import type { Complaint } from './complaint.ts';

/** Where a private key is. The key itself is read by whoever signs, when it signs. */
export type KeyLocation =
  | { readonly kind: 'file'; /** Absolute. */ readonly path: string }
  | { readonly kind: 'env'; /** Variable that holds the PEM. */ readonly name: string }
  | {
      readonly kind: 'exec';
      /** Signs what it reads, or prints the PEM; lines for the shell. */ readonly command: string;
    }
  | {
      readonly kind: 'agent';
      /** Fingerprint, comment, or path of the public key. */
      readonly selector: string;
      /** The selector as a path, absolute. */
      readonly path: string;
    };

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Two letters and more: `C:\keys` is a path. */
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]+:/;

/**
 * Reads `env:NAME`, `exec:COMMAND`, `agent:KEY` or a path, from `sign.key` and from `--key` alike.
 *
 * @param directory absolute; what a relative path is relative to
 * @throws AirkitError KEY_INVALID
 */
export function parseKeyLocation(text: string, directory: string): KeyLocation {
  const complaint = keyComplaint(text);
  if (complaint !== undefined) {
    throw new AirkitError('KEY_INVALID', complaint.message, { hint: complaint.hint });
  }
  if (text.startsWith('env:')) return { kind: 'env', name: text.slice('env:'.length) };
  if (text.startsWith('exec:')) return { kind: 'exec', command: text.slice('exec:'.length).trim() };
  if (text.startsWith('agent:')) {
    const selector = text.slice('agent:'.length).trim();
    return { kind: 'agent', selector, path: resolve(directory, selector) };
  }
  return { kind: 'file', path: resolve(directory, text) };
}

/** What is wrong with a key's location, if anything. Never repeats the text: it may be the key. */
export function keyComplaint(text: string): Complaint | undefined {
  // Commands of several lines are common, keys of one line are not.
  if (text.includes('-----BEGIN') || (text.includes('\n') && !text.startsWith('exec:'))) {
    return invalid(
      'this is a key, not the place of one',
      'Never put a private key in the file: name a path outside git, env:NAME or exec:COMMAND. Replace this key; it is known to everyone who has the file.',
    );
  }
  if (text.trim() === '') return invalid('the place of the key is empty', HINT);
  if (text.startsWith('env:')) {
    const valid = VARIABLE.test(text.slice('env:'.length));
    return valid ? undefined : invalid('env: needs the name of an environment variable', HINT);
  }
  if (text.startsWith('exec:')) {
    const valid = text.slice('exec:'.length).trim() !== '';
    return valid ? undefined : invalid('exec: needs a command', HINT);
  }
  if (text.startsWith('agent:')) {
    const valid = text.slice('agent:'.length).trim() !== '';
    return valid ? undefined : invalid('agent: needs a fingerprint, comment or path', HINT);
  }
  if (!SCHEME.test(text)) return undefined;
  return invalid('this way to reach a key is not known', HINT);
}

const HINT =
  'Write a path (./with:colon where it has a colon), env:NAME, agent:FINGERPRINT for a key in ssh-agent, or exec:COMMAND for one in a KMS or token.';

function invalid(message: string, hint: string): Complaint {
  return { code: 'KEY_INVALID', message, hint };
}
