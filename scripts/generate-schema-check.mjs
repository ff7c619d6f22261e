// Writes src/spec/schema-check.generated.ts, the code that ajv compiles bundles.schema.json to: compiling it takes longer than Node
// itself to start. With --check it only compares, and fails if stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv, _ } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';

const SCHEMA = 'bundles.schema.json';
const codeFile = new URL('../src/spec/schema-check.generated.ts', import.meta.url);

const text = readFileSync(new URL(`../${SCHEMA}`, import.meta.url), 'utf8');
const schema = JSON.parse(text);
const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strictTypes: false,
  // What they check is in src/spec/text-formats.ts; here only their names count.
  formats: Object.fromEntries(
    Array.from(text.matchAll(/"format": "([\w-]+)"/g), ([, name]) => [
      name,
      { type: 'string', validate: () => true },
    ]),
  ),
  code: { source: true, esm: true, lines: true, formats: _`SCHEMA_FORMATS` },
});
ajv.addSchema(schema, SCHEMA);
ajv.addSchema({ $id: 'bundles', $ref: SCHEMA });
ajv.addSchema({ $id: 'registries', $ref: `${SCHEMA}#/definitions/registriesFile` });

const code = standalone
  .default(ajv, { isBundles: 'bundles', isRegistries: 'registries' })
  .replace('"use strict";\n', '')
  .replaceAll('require("ajv/dist/runtime/ucs2length").default', 'ucs2length')
  .replace('export const isBundles =', 'export const isBundles: Validator<BundlesDocument> =')
  .replace(
    'export const isRegistries =',
    'export const isRegistries: Validator<{ readonly registries: Registries }> =',
  );
if (code.includes('require(')) throw new Error('the generated code requires something new');

const generated = `// Generated from ${SCHEMA} by \`npm run generate\`. Do not edit.
// @ts-nocheck
import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv';
import type { BundlesDocument, Registries } from './bundles-file.generated.ts';
import { SCHEMA_FORMATS } from './text-formats.ts';

/** Leaves what is wrong in \`errors\`. */
export interface Validator<Value> {
  (value: unknown): value is Value;
  readonly errors?: ErrorObject[] | null;
}

const ucs2length = createRequire(import.meta.url)('ajv/dist/runtime/ucs2length').default;
${code}`;

if (!process.argv.includes('--check')) {
  writeFileSync(codeFile, generated);
} else if (readFileSync(codeFile, 'utf8') !== generated) {
  console.error('src/spec/schema-check.generated.ts is stale: run npm run generate');
  process.exitCode = 1;
}
