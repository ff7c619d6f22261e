import { createRequire } from 'node:module';
import type { Ajv, ValidateFunction } from 'ajv';
import type { BundlesDocument, Registries } from './bundles-file.generated.ts';
import { bundlesSchemaText } from './bundles-schema.ts';
import type { PlacedComplaint } from './complaint.ts';
import { schemaComplaints } from './schema-complaints.ts';
import { TEXT_FORMATS } from './text-formats.ts';
import type { YamlDocument } from './yaml-document.ts';

const SCHEMA = 'bundles.schema.json';

/** The kinds of files that bundles.schema.json describes, with their types. */
export interface SchemaDocuments {
  readonly bundles: BundlesDocument;
  readonly registries: RegistriesDocument;
}

/** A `registries.yaml`. */
export interface RegistriesDocument {
  readonly registries: Registries;
}

type Validators = {
  readonly [Kind in keyof SchemaDocuments]: ValidateFunction<SchemaDocuments[Kind]>;
};

let compiled: Validators | undefined;

export interface SchemaCheck<Value> {
  /** The document's value, when the schema has nothing against it. */
  readonly value?: Value | undefined;
  readonly complaints: readonly PlacedComplaint[];
}

/** All that bundles.schema.json says against a document: one complaint per mistake. */
export function checkAgainstSchema<Kind extends keyof SchemaDocuments>(
  document: YamlDocument,
  kind: Kind,
): SchemaCheck<SchemaDocuments[Kind]> {
  compiled ??= compileSchema();
  const isValid: Validators[Kind] = compiled[kind];
  const { value } = document;
  if (isValid(value)) return { value, complaints: [] };
  return { complaints: schemaComplaints(isValid.errors ?? [], document) };
}

/** Loads ajv (some 45 ms) only when the first file is checked. */
function compileSchema(): Validators {
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
  ajv.addSchema(schema, SCHEMA);
  return {
    bundles: ajv.compile<BundlesDocument>({ $ref: SCHEMA }),
    registries: ajv.compile<RegistriesDocument>({ $ref: `${SCHEMA}#/definitions/registriesFile` }),
  };
}
