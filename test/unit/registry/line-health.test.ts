import { expect, it } from 'vitest';
import { failure } from '../../../src/transports/registry/failure.ts';
import {
  noteAnswer,
  noteBrokenLine,
  requireUp,
  retriesFor,
  unknownHealth,
} from '../../../src/transports/registry/line-health.ts';

const source = { side: 'source', host: 'registry.local', secrets: new Set<string>() } as const;
const target = { ...source, side: 'target' } as const;

it('a source is asked less patiently after three requests that were given up, and not at all after ten', () => {
  const health = unknownHealth();
  for (let count = 0; count < 10; count += 1) {
    expect(retriesFor(health) > 0).toBe(count < 3);
    expect(() => requireUp(health, source)).not.toThrow();
    noteAnswer(health, 503, source);
  }
  expect(() => requireUp(health, source)).toThrow(
    expect.objectContaining({
      code: 'SOURCE_FAILED',
      context: expect.objectContaining({ unreachable: 'registry.local' }),
    }),
  );
});

it('one good answer, or one that is only a refusal, makes up for bad ones', () => {
  for (const status of [200, 404, 401]) {
    const health = unknownHealth();
    for (let count = 0; count < 50; count += 1)
      noteAnswer(health, count % 3 === 2 ? status : 503, source);
    expect(() => requireUp(health, source)).not.toThrow();
    expect(retriesFor(health)).toBeGreaterThan(0);
  }
});

it('a connection that never answered is down at once', () => {
  const health = unknownHealth();
  noteBrokenLine(health, failure({ ...source, isUnreachable: true }, 'nobody is there'));
  expect(() => requireUp(health, source)).toThrow(
    expect.objectContaining({ code: 'SOURCE_FAILED' }),
  );
});

it('a target is written as patiently as ever: what it refuses may be the fault of one image', () => {
  const health = unknownHealth();
  for (let count = 0; count < 50; count += 1) noteAnswer(health, 500, target);
  expect(() => requireUp(health, target)).not.toThrow();
  expect(retriesFor(health)).toBeGreaterThan(0);
});
