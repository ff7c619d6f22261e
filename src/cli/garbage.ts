import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import type { ProgressEvent } from '../index.ts';

/** Growth of the heap, in percent, after which V8 begins to mark it, while a command reads documents. */
const WHILE_READING = 100;
const V8_DECIDES = 0;
/** Garbage that may come together while bytes are moved, in bytes, whatever the size of the heap. */
const WHILE_MOVING = 48 * 1024 * 1024;
/** Growth of a large heap meanwhile, in percent: to mark it for each such amount takes longer than to move the bytes. */
const AT_LEAST = 50;

/**
 * V8 counts buffers that pass through as growth of its small heap, and would mark all of it after every 10 MB or so: a
 * third of the processor time of a pack. Node 20 to 24 know the flag; of one that it does not know V8 tells on stderr.
 */
export function collectLessOften(percent: number = WHILE_READING): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

/**
 * From here on nearly all garbage is buffers, and the heap grows no more: a small one may grow further than a large one.
 * What a load decodes comes in frames of 8 MiB, and no heap may grow by many of those: there V8 decides by itself.
 */
export function collectBetweenBuffers(event: ProgressEvent): void {
  if (event.kind !== 'phase') return;
  if (event.phase === 'load') collectLessOften(V8_DECIDES);
  if (event.phase !== 'export' && event.phase !== 'write') return;
  const { used_heap_size: used } = getHeapStatistics();
  collectLessOften(Math.max(AT_LEAST, Math.round((100 * WHILE_MOVING) / used)));
}
