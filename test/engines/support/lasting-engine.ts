/** An engine that keeps its images when it is started again. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Stoppable {
  stop(): Promise<void>;
}

/** Calls with a way to start the engine in one folder, again and again; all are stopped afterwards. */
export async function withLastingEngine<Engine extends Stoppable>(
  startIn: (options: { readonly folder: string }) => Promise<Engine>,
  use: (start: () => Promise<Engine>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'airkit-lasting-'));
  const started: Engine[] = [];
  try {
    await use(async () => {
      const engine = await startIn({ folder });
      started.push(engine);
      return engine;
    });
  } finally {
    for (const engine of started) await engine.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
