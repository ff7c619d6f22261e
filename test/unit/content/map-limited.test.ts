import { describe, expect, it } from 'vitest';
import { mapLimited } from '../../../src/content/map-limited.ts';

const ITEMS = [5, 1, 4, 2, 3];

describe('calls of which some run at once', () => {
  it('give their results in the order of the items, however long each takes', async () => {
    let running = 0;
    let most = 0;
    const call = async (turns: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      running -= 1;
      return turns;
    };
    expect(await mapLimited(ITEMS, call, { concurrency: 2 })).toEqual(ITEMS);
    expect(most).toBe(2);
    expect(await mapLimited([], call)).toEqual([]);
  });

  it.each([[ITEMS], [[5]]])('stop at the first failure: %j', async (items) => {
    const seen: number[] = [];
    const call = async (item: number): Promise<void> => {
      seen.push(item);
      throw new Error(`no ${item}`);
    };
    await expect(mapLimited(items, call, { concurrency: 1 })).rejects.toThrow('no 5');
    expect(seen).toEqual([5]);
  });

  it('tell those under way of a failure, and wait for them', async () => {
    let reason: unknown;
    const call = async (item: number, { signal }: { signal: AbortSignal }): Promise<void> => {
      if (item === 1) throw new Error('no 1');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      reason = signal.reason;
    };
    await expect(mapLimited([5, 1], call)).rejects.toThrow('no 1');
    expect(reason).toMatchObject({ message: 'no 1' });
  });

  it.each([[ITEMS], [[5]]])('end with the reason of an abort: %j', async (items) => {
    const stop = new AbortController();
    const call = async (): Promise<void> => {
      stop.abort(new Error('enough'));
      throw new Error('cut off');
    };
    const { signal } = stop;
    await expect(mapLimited(items, call, { signal })).rejects.toThrow('enough');
    await expect(mapLimited(items, call, { signal })).rejects.toThrow('enough');
  });
});
