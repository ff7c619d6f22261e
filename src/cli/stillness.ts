/** When it is told for the first time; then each time that the wait has doubled. */
const FIRST_MILLISECONDS = 30_000;

/** Watches that something moves. */
export interface Stillness {
  /** Something moved: the wait begins anew. */
  moved(): void;
  /** Waits no longer, until {@link Stillness.start}. */
  stop(): void;
  start(): void;
}

/**
 * Tells when nothing has moved for 30 seconds, a minute, two, and so on. It has begun when this returns, and does not
 * keep the process alive.
 *
 * @param clock what time it is, in milliseconds
 * @param tell called with the milliseconds for which nothing has moved
 */
export function watchStillness(
  clock: { now(): number },
  tell: (milliseconds: number) => void,
): Stillness {
  let movedAt = clock.now();
  let toldNext = FIRST_MILLISECONDS;
  let timer: NodeJS.Timeout | undefined;
  const arm = (milliseconds: number): void => {
    timer = setTimeout(look, milliseconds).unref();
  };
  const look = (): void => {
    const still = clock.now() - movedAt;
    if (still >= toldNext) tell(still);
    while (toldNext <= still) toldNext *= 2;
    arm(toldNext - still);
  };
  const stop = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const start = (): void => {
    stop();
    movedAt = clock.now();
    toldNext = FIRST_MILLISECONDS;
    arm(toldNext);
  };
  const moved = (): void => {
    movedAt = clock.now();
    // Until it was told, the timer comes early enough by itself: events are many.
    if (timer !== undefined && toldNext !== FIRST_MILLISECONDS) start();
  };
  start();
  return { moved, stop, start };
}
