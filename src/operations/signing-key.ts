import { readFile } from 'node:fs/promises';
import { AirkitError, messageOf } from '../errors.ts';
import { readPrivateKey, type SigningKey } from '../signing/private-key.ts';
import type { KeyLocation } from '../spec/key-location.ts';
import type { Host } from './host.ts';

const PASSWORD_VARIABLE = 'AIRKIT_KEY_PASSWORD';

/**
 * Reads the private key that a bundles file or `--key` names. The password comes from AIRKIT_KEY_PASSWORD or a person.
 *
 * @throws AirkitError KEY_INVALID, UNSUPPORTED for exec: keys, USAGE when a password is needed and nobody can be asked
 */
export async function openSigningKey(location: KeyLocation, host: Host): Promise<SigningKey> {
  return readPrivateKey(await readKeyText(location, host), {
    password: async () => passwordFor('Password of the signing key: ', host),
  });
}

/** @throws AirkitError USAGE when the variable is not set and nobody can be asked. */
export async function passwordFor(
  prompt: string,
  { environment, askPassword }: Host,
): Promise<string> {
  const given = environment[PASSWORD_VARIABLE];
  if (given !== undefined) return given;
  if (askPassword !== undefined) return askPassword(prompt);
  throw new AirkitError('USAGE', 'the key has a password, and there is no terminal to ask for it', {
    hint: `Set ${PASSWORD_VARIABLE}.`,
  });
}

async function readKeyText(location: KeyLocation, { environment }: Host): Promise<string> {
  switch (location.kind) {
    case 'env': {
      const text = environment[location.name];
      if (text !== undefined && text !== '') return text;
      throw new AirkitError('KEY_INVALID', `the variable ${location.name} is not set`, {
        hint: 'It must hold the private key as PEM.',
      });
    }
    case 'exec':
      throw new AirkitError('UNSUPPORTED', 'exec: keys are not supported yet', {
        hint: 'Use a file or env:NAME.',
      });
    case 'file':
      return readFile(location.path, 'utf8').catch((error: unknown) => {
        throw new AirkitError(
          'KEY_INVALID',
          `the key ${location.path} cannot be read: ${messageOf(error)}`,
          {
            hint: 'airkit keygen makes a pair.',
            context: { path: location.path },
            cause: error,
          },
        );
      });
    default:
      return location satisfies never;
  }
}
