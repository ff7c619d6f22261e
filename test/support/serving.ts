/** `airkit serve` while tests use it. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AirkitOutcome, AirkitPlace } from './airkit-command.ts';

export interface ServingAirkit {
  /** `127.0.0.1:PORT`, as image names begin. */
  readonly host: string;
  readonly url: string;
  /** Of the process. */
  readonly pid: number;
  /** Ends it as Ctrl-C does. */
  stop(): Promise<AirkitOutcome>;
}

/** Starts `airkit serve` and waits until it listens. Without `--listen` it takes any free port. */
export async function startServing(place: AirkitPlace, ...args: string[]): Promise<ServingAirkit> {
  const listen = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
  const { process: child, done } = place.start('serve', ...args, ...listen);
  if (child.stdout === null) throw new Error('airkit has no stdout');
  const lines = createInterface({ input: child.stdout });
  const ended = done.then(({ stderr }) => {
    throw new Error(`airkit serve ended\n${stderr}`);
  });
  ended.catch(() => undefined);
  const line: unknown[] = await Promise.race([once(lines, 'line'), ended]);
  const first = String(line[0]);
  return {
    host: first.replace(/^https?:\/\//, ''),
    url: first,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGINT');
      return done;
    },
  };
}
