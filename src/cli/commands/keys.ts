import { AirkitError, keygen, sign } from '../../index.ts';
import type { SignFlags } from '../flags.ts';
import { warningText, type Command } from '../run-command.ts';

export function keygenCommand(prefix: string): Command {
  return async (host) => {
    const keys = await keygen(host, { prefix });
    const { keyId, privateKey, publicKey, allowedSigners } = keys;
    return {
      data: keys,
      text: `${keyId}\n`,
      notes: [
        `private key: ${privateKey} (keep it off the kit's medium and out of git)`,
        `public keys: ${publicKey}, ${allowedSigners} (carry one across once, by a way you trust)`,
      ],
    };
  };
}

export function signCommand(path: string, flags: SignFlags): Command {
  return async (host, options) => {
    const {
      exec,
      publicKey,
      volumes,
      key = exec === undefined ? undefined : `exec:${exec}`,
    } = flags;
    if (key === undefined) {
      throw new AirkitError('USAGE', 'no key to sign with is given', {
        hint: 'Give --key KEY or --exec COMMAND.',
      });
    }
    const signed = await sign(host, path, { ...options, key, publicKey, volumes });
    const { keyId, files, warnings } = signed;
    return {
      data: signed,
      text: files.map((file) => `${file}\n`).join(''),
      notes: [`signed by ${keyId}`, ...warnings.map(warningText)],
    };
  };
}
