import { keygen, sign } from '../../index.ts';
import type { Command } from '../run-command.ts';

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

export function signCommand(path: string, key: string): Command {
  return async (host, options) => {
    const { keyId, files } = await sign(host, path, { ...options, key });
    return {
      data: { keyId, files },
      text: files.map((file) => `${file}\n`).join(''),
      notes: [`signed by ${keyId}`],
    };
  };
}
