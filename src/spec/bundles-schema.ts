import { readFileSync } from 'node:fs';

/** The schema's file at the package root: two levels up from `src/spec` and from `dist/spec` alike. */
const SCHEMA_FILE = new URL('../../bundles.schema.json', import.meta.url);

/** The JSON Schema (draft-07) of the bundles file, as text. */
export function bundlesSchemaText(): string {
  return readFileSync(SCHEMA_FILE, 'utf8');
}
