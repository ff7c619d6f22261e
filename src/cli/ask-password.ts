import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { AirkitError } from '../index.ts';

/** Asks for a password on the terminal; what is typed is not shown. */
export async function askPassword(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      reader.once('line', resolve);
      reader.once('close', () => reject(new AirkitError('USAGE', 'no password was given')));
      reader.once('SIGINT', () => {
        process.kill(process.pid, 'SIGINT');
        reject(new AirkitError('USAGE', 'no password was given'));
      });
    });
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
