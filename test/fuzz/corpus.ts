/** Inputs worth keeping: good ones to start from, and ones that were attacks or slips elsewhere. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Seed = string | { readonly base64: string } | { readonly json: unknown };

/** Corpus of one parser, from `test/fixtures/fuzz/NAME.json`. Seeds are texts, bytes, or JSON documents. */
export function seedsOf(name: string): Buffer[] {
  const path = fileURLToPath(new URL(`../fixtures/fuzz/${name}.json`, import.meta.url));
  const seeds: readonly Seed[] = JSON.parse(readFileSync(path, 'utf8'));
  return seeds.map((seed) => {
    if (typeof seed === 'string') return Buffer.from(seed);
    if ('base64' in seed) return Buffer.from(seed.base64, 'base64');
    return Buffer.from(JSON.stringify(seed.json));
  });
}
