// Writes src/spec/bundles-file.generated.ts from bundles.schema.json. With --check it only compares, and fails if stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';

const schemaFile = new URL('../bundles.schema.json', import.meta.url);
const typesFile = new URL('../src/spec/bundles-file.generated.ts', import.meta.url);

const schema = JSON.parse(readFileSync(schemaFile, 'utf8'));
// The conditions only say what `defaults` makes optional; as types they would be an intersection of nothing.
delete schema.allOf;

const generated = await compile(schema, 'BundlesDocument', {
  additionalProperties: false,
  bannerComment: '// Generated from bundles.schema.json by `npm run generate`. Do not edit.',
  style: { singleQuote: true, printWidth: 100 },
  ignoreMinAndMaxItems: true,
});

if (!process.argv.includes('--check')) {
  writeFileSync(typesFile, generated);
} else if (readFileSync(typesFile, 'utf8') !== generated) {
  console.error('src/spec/bundles-file.generated.ts is stale: run npm run generate');
  process.exitCode = 1;
}
