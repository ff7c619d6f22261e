import type { BundlesDocument, Registries } from './bundles-file.generated.ts';
import type { PlacedComplaint } from './complaint.ts';
import { isBundles, isRegistries, type Validator } from './schema-check.generated.ts';
import { schemaComplaints } from './schema-complaints.ts';
import type { YamlDocument } from './yaml-document.ts';

/** The kinds of files that bundles.schema.json describes, with their types. */
export interface SchemaDocuments {
  readonly bundles: BundlesDocument;
  readonly registries: RegistriesDocument;
}

/** A `registries.yaml`. */
export interface RegistriesDocument {
  readonly registries: Registries;
}

const VALIDATORS: { readonly [Kind in keyof SchemaDocuments]: Validator<SchemaDocuments[Kind]> } = {
  bundles: isBundles,
  registries: isRegistries,
};

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
  const isValid: (typeof VALIDATORS)[Kind] = VALIDATORS[kind];
  const { value } = document;
  if (isValid(value)) return { value, complaints: [] };
  return { complaints: schemaComplaints(isValid.errors ?? [], document) };
}
