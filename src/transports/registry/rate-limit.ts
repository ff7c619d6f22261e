import type { OperationOptions } from '../../content/operation.ts';
import type { RegistrySettings, Timing } from './access.ts';

/** Resolves when one more request may be sent. */
export type RateLimiter = (options: OperationOptions) => Promise<void>;

/** Longer waits are told, in milliseconds. */
const TOLD_FROM = 10_000;

/** Lets at most `requests` pass in any `seconds`, in the order in which they ask. */
export function openRateLimiter(
  limit: RegistrySettings['rateLimit'],
  { host, timing }: { readonly host: string; readonly timing: Timing },
): RateLimiter {
  if (limit === undefined) return async () => undefined;
  const window = limit.seconds * 1000;
  /** When the last `requests` requests may leave, in milliseconds since 1970. */
  const departures: number[] = [];
  return async ({ signal, onProgress }) => {
    const now = timing.now();
    const oldest = departures.length < limit.requests ? undefined : departures.shift();
    const departure = Math.max(now, oldest === undefined ? now : oldest + window);
    departures.push(departure);
    const wait = departure - now;
    if (wait <= 0) return;
    if (wait >= TOLD_FROM) {
      const message = `${host}: waiting ${Math.ceil(wait / 1000)} s, to stay below ${limit.requests} manifest requests in ${limit.seconds} s`;
      onProgress?.({ kind: 'warning', message });
    }
    await timing.sleep(wait, signal);
  };
}
