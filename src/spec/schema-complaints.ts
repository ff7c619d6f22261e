import type { ErrorObject } from 'ajv';
import { nameOfPath, type Complaint, type PlacedComplaint, type ValuePath } from './complaint.ts';
import { didYouMean } from './did-you-mean.ts';
import { isMissingSelectors, knownKeys, nearestKnown, withoutNoise } from './schema-error-noise.ts';
import { TEXT_FORMATS } from './text-formats.ts';
import { misplacedKeyHint, wrongTypeComplaint } from './type-slips.ts';
import { entriesOf, membersOf } from './value-members.ts';
import type { YamlDocument } from './yaml-document.ts';

/** ajv's errors as complaints: its side effects of unions and conditions dropped, one per mistake. */
export function schemaComplaints(
  errors: readonly ErrorObject[],
  document: YamlDocument,
): PlacedComplaint[] {
  const mistakes = withoutNoise(errors);
  const shown = mistakes.length === 0 ? errors : mistakes;
  return shown.map((error) => complaintOf(error, document));
}

function complaintOf(error: ErrorObject, document: YamlDocument): PlacedComplaint {
  const path = pathOf(error.instancePath, document.value);
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params['additionalProperty']);
    const written = document.written([...path, key]);
    return { ...unknownKey(key, error, written), path: [...path, key], part: 'key' };
  }
  if (error.propertyName !== undefined) {
    const complaint = formatComplaint(error, error.propertyName);
    return { ...complaint, path: [...path, error.propertyName], part: 'key' };
  }
  return { ...valueComplaint(error, path, document), path, part: 'value' };
}

/** ajv writes a JSON pointer; positions in lists become numbers again. */
function pathOf(pointer: string, root: unknown): ValuePath {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const member = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(value) ? Number(member) : member;
      value = typeof step === 'number' ? entriesOf(value)[step] : membersOf(value)[step];
      return step;
    });
}

function unknownKey(key: string, error: ErrorObject, written: string | undefined): Complaint {
  const known = knownKeys(error);
  const near = nearestKnown(error);
  return {
    code: 'UNKNOWN_KEY',
    message: `unknown key ${JSON.stringify(key)}`,
    hint:
      near === undefined
        ? (misplacedKeyHint(key, written) ?? `Known keys here: ${known.join(', ')}.`)
        : `Did you mean ${JSON.stringify(near)}?`,
  };
}

type Explain = (error: ErrorObject, name: string) => Complaint;

function valueComplaint(error: ErrorObject, path: ValuePath, document: YamlDocument): Complaint {
  if (error.keyword === 'type') {
    const expected = stringsOf(error.params['type']);
    return wrongTypeComplaint(error.data, { path, expected, written: document.written });
  }
  if (error.keyword === 'anyOf' && !isMissingSelectors(error)) {
    const expected = ['string', 'object'];
    return wrongTypeComplaint(error.data, { path, expected, written: document.written });
  }
  const explain = EXPLANATIONS[error.keyword];
  if (explain !== undefined) return explain(error, nameOfPath(path));
  return wrongValue(`${nameOfPath(path)} ${error.message ?? 'is not valid'}`);
}

const missing = (error: ErrorObject, name: string): Complaint => {
  const key = String(error.params['missingProperty']);
  return { code: 'MISSING_KEY', message: `${name} needs ${JSON.stringify(key)}` };
};

const EXPLANATIONS: Readonly<Record<string, Explain>> = {
  required: missing,
  dependencies: missing,
  anyOf: (_, name) => ({ code: 'MISSING_KEY', message: `${name} needs "images" or "containers"` }),
  enum: wrongWord,
  format: (error) => formatComplaint(error, String(error.data)),
  maxLength: (error, name) => wrongValue(`${name} is longer than ${limit(error)} characters`),
  minLength: (_, name) => wrongValue(`${name} is empty`),
  minItems: (_, name) => wrongValue(`${name} is an empty list`, 'Fill it, or remove the key.'),
  minProperties: (_, name) => wrongValue(`${name} is an empty map`, 'Fill it, or remove the key.'),
  minimum: (error, name) => wrongValue(`${name} must be ${limit(error)} or more`),
  maximum: (error, name) => wrongValue(`${name} must be ${limit(error)} or less`),
  uniqueItems: (error, name) => {
    const [first, second] = [Number(error.params['j']) + 1, Number(error.params['i']) + 1];
    return wrongValue(`entries ${first} and ${second} of ${name} are the same`);
  },
};

function wrongWord(error: ErrorObject, name: string): Complaint {
  const allowed = stringsOf(error.params['allowedValues']);
  const near = typeof error.data === 'string' ? didYouMean(error.data, allowed) : undefined;
  const list = allowed.map((word) => JSON.stringify(word)).join(', ');
  const hint = near === undefined ? `Supported: ${list}.` : `Did you mean ${JSON.stringify(near)}?`;
  const shown = (JSON.stringify(error.data) ?? '').slice(0, 100);
  return wrongValue(`${name} cannot be ${shown}`, hint);
}

function formatComplaint(error: ErrorObject, text: string): Complaint {
  const check = TEXT_FORMATS[String(error.params['format'])];
  return check?.(text) ?? wrongValue(error.message ?? 'not valid');
}

function stringsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function limit(error: ErrorObject): string {
  return String(error.params['limit']);
}

function wrongValue(message: string, hint?: string): Complaint {
  return { code: 'WRONG_VALUE', message, hint };
}
