import type { Problem } from '../errors.ts';
import type { PlacedComplaint, TextComplaint } from './complaint.ts';
import { checkAgainstSchema, type SchemaDocuments } from './schema-check.ts';
import { problemsOf } from './text-problems.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

/** What a kind of file is checked against. */
export interface TextRules<Kind extends keyof SchemaDocuments> {
  readonly kind: Kind;
  /** Names the file in problems. */
  readonly path: string;
  /** Advice for a file that holds nothing. */
  readonly emptyHint: string;
  /** Rules across members, for any value. */
  readonly crossChecks?: ((value: unknown) => readonly PlacedComplaint[]) | undefined;
}

export interface CheckedText<Value> {
  /** Present exactly when there are no problems. */
  readonly checked?: { readonly value: Value; readonly document: YamlDocument } | undefined;
  /** Everything that is wrong, in the order of the file; codes are those of `SpecProblemCode`. */
  readonly problems: readonly Problem[];
}

/** Checks the text of a YAML file completely: its syntax, its schema, its rules. Never throws. */
export function checkText<Kind extends keyof SchemaDocuments>(
  text: string,
  rules: TextRules<Kind>,
): CheckedText<SchemaDocuments[Kind]> {
  const { document, complaints } = readYaml(text);
  const { value, complaints: more } =
    document === undefined ? { complaints: [] } : checkDocument(document, rules);
  const problems = problemsOf([...complaints, ...more], { text, path: rules.path });
  return document === undefined || value === undefined || problems.length > 0
    ? { problems }
    : { checked: { value, document }, problems };
}

interface CheckedDocument<Value> {
  readonly value?: Value | undefined;
  readonly complaints: readonly TextComplaint[];
}

function checkDocument<Kind extends keyof SchemaDocuments>(
  document: YamlDocument,
  { kind, emptyHint: hint, crossChecks = () => [] }: TextRules<Kind>,
): CheckedDocument<SchemaDocuments[Kind]> {
  if (document.value === null || document.value === undefined) {
    const empty = { message: 'the file holds nothing', hint, start: 0, end: 1 };
    return { complaints: [{ code: 'EMPTY_FILE', ...empty }] };
  }
  const { value, complaints } = checkAgainstSchema(document, kind);
  const found = [...complaints, ...crossChecks(document.value)];
  return { value, complaints: found.map((complaint) => inText(complaint, document)) };
}

function inText(complaint: PlacedComplaint, document: YamlDocument): TextComplaint {
  const { code, message, hint, path, part } = complaint;
  return { code, message, hint, ...document.locate(path, part) };
}
