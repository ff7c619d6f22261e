import { createRequire } from 'node:module';
import type { Ajv, ValidateFunction } from 'ajv';
import type { BundlesDocument } from './bundles-file.generated.ts';
import { bundlesSchemaText } from './bundles-schema.ts';
import type { PlacedComplaint } from './complaint.ts';
import { schemaComplaints } from './schema-complaints.ts';
import { TEXT_FORMATS } from './text-formats.ts';
import type { YamlDocument } from './yaml-document.ts';

let compiled: ValidateFunction<BundlesDocument> | undefined;

export interface SchemaCheck {
  /** The document's value, when the schema has nothing against it. */
  readonly value?: BundlesDocument | undefined;
  readonly complaints: readonly PlacedComplaint[];
}

/** All that bundles.schema.json says against a document: one complaint per mistake. */
export function checkAgainstSchema(document: YamlDocument): SchemaCheck {
  compiled ??= compileSchema();
  const { value } = document;
  if (compiled(value)) return { value, complaints: [] };
  return { complaints: schemaComplaints(compiled.errors ?? [], document) };
}

/** Loads ajv (some 45 ms) only when the first file is checked. */
function compileSchema(): ValidateFunction<BundlesDocument> {
  const ajvModule: { Ajv: typeof Ajv } = createRequire(import.meta.url)('ajv');
  const ajv = new ajvModule.Ajv({
    allErrors: true,
    verbose: true,
    strictTypes: false,
    formats: Object.fromEntries(
      Object.entries(TEXT_FORMATS).map(([name, check]) => [
        name,
        { type: 'string' as const, validate: (text: string) => check(text) === undefined },
      ]),
    ),
  });
  const schema: object = JSON.parse(bundlesSchemaText());
  return ajv.compile<BundlesDocument>(schema);
}
