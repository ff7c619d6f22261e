import { AirkitError } from '../errors.ts';
import { parseDigest } from '../oci/digest.ts';
import { asArray, asObject, asSize, asString, asStringMap, parseJsonObject } from '../oci/json.ts';
import type { JsonObject, JsonValue } from '../oci/json.ts';
import type { SparseIndex } from '../transports/registry/sparse-index.ts';
import {
  RECEIPT_MEDIA_TYPE,
  type Receipt,
  type ReceiptKit,
  type ReceiptResult,
  type ReceiptStatus,
  type ReceiptTarget,
} from './receipt.ts';

/** A larger receipt is refused, in bytes; an image takes about 400. */
export const MAX_RECEIPT_BYTES: number = 64 * 1024 * 1024;

/**
 * Reads a receipt strictly: one document, no unknown members, known words only.
 *
 * @throws AirkitError CONTENT_INVALID, UNSUPPORTED for one of a later version
 */
export function parseReceipt(bytes: Uint8Array, where: string): Receipt {
  const object = parseJsonObject(bytes, { where, maxBytes: MAX_RECEIPT_BYTES });
  const { mediaType, schemaVersion } = object;
  if (typeof mediaType !== 'string' || !mediaType.startsWith('application/vnd.airkit.receipt.'))
    throw invalid(where, 'it is no receipt');
  if (mediaType !== RECEIPT_MEDIA_TYPE || schemaVersion !== 1) {
    throw new AirkitError('UNSUPPORTED', `${where}: it is a receipt of a later version`, {
      hint: 'Use the airkit that wrote it, or a newer one.',
      context: { path: where },
    });
  }
  const field = fieldsOf(object, where, RECEIPT_FIELDS);
  const results = asArray(object['results'], `${where}: results`).map((one, position) =>
    parseResult(one, `${where}: results[${position}]`),
  );
  return {
    mediaType,
    schemaVersion,
    kind: oneOf(object['kind'], ['load', 'rollback'], `${where}: kind`),
    kit: parseKit(object['kit'], `${where}: kit`),
    signers: asArray(object['signers'], `${where}: signers`).map((one) =>
      parseSigner(one, `${where}: signers`),
    ),
    target: field.optional('target'),
    targets: asArray(object['targets'], `${where}: targets`).map((one, position) =>
      parseTargetEntry(one, `${where}: targets[${position}]`),
    ),
    host: field.required('host'),
    operator: field.required('operator'),
    airkit: field.required('airkit'),
    startedAt: field.required('startedAt'),
    finishedAt: field.optional('finishedAt'),
    status: oneOf(object['status'], ['begun', 'done', 'partly', 'failed'], `${where}: status`),
    previous: parsePrevious(object['previous'], `${where}: previous`),
    reverses: field.optional('reverses'),
    results,
    error: field.optional('error'),
  };
}

const RECEIPT_FIELDS = [
  'mediaType',
  'schemaVersion',
  'kind',
  'kit',
  'signers',
  'target',
  'targets',
  'host',
  'operator',
  'airkit',
  'startedAt',
  'finishedAt',
  'status',
  'previous',
  'reverses',
  'results',
  'error',
] as const;

const SPARSE_WORDS: readonly SparseIndex[] = ['keep', 'strip', 'fail'];

const STATUSES: readonly ReceiptStatus[] = [
  'loaded',
  'already-present',
  'skipped',
  'failed',
  'pending',
  'restored',
  'removed',
  'changed',
  'unknown',
];

function parseKit(value: JsonValue | undefined, where: string): ReceiptKit {
  const object = asObject(value, where);
  const field = fieldsOf(object, where, ['name', 'version', 'serial', 'index']);
  const { serial } = object;
  return {
    name: field.required('name'),
    version: field.required('version'),
    ...(serial === undefined ? {} : { serial: asSize(serial, `${where}.serial`) }),
    index: parseDigest(field.required('index'), `${where}.index`),
  };
}

function parseSigner(value: JsonValue, where: string): Receipt['signers'][number] {
  const object = asObject(value, where);
  const field = fieldsOf(object, where, ['keyId', 'trusted']);
  return { keyId: field.required('keyId'), trusted: asBoolean(object['trusted'], where) };
}

function parseTargetEntry(value: JsonValue, where: string): ReceiptTarget {
  const object = asObject(value, where);
  const names = ['target', 'directory', 'environment', 'scoped', 'sparseIndex'] as const;
  const field = fieldsOf(object, where, [...names, 'sentBytes', 'error']);
  const { scoped, sparseIndex, sentBytes } = object;
  return {
    target: field.required('target'),
    directory: field.required('directory'),
    environment: asStringMap(object['environment'], `${where}.environment`),
    scoped: scoped === undefined ? undefined : asBoolean(scoped, where),
    sparseIndex: sparseIndex === undefined ? undefined : oneOf(sparseIndex, SPARSE_WORDS, where),
    sentBytes: sentBytes === undefined ? undefined : asSize(sentBytes, where),
    error: field.optional('error'),
  };
}

function parseResult(value: JsonValue, where: string): ReceiptResult {
  const object = asObject(value, where);
  const texts = ['target', 'reference', 'original', 'before', 'after', 'message'] as const;
  const field = fieldsOf(object, where, [...texts, 'status', 'sentBytes']);
  const { sentBytes } = object;
  return {
    target: field.required('target'),
    reference: field.required('reference'),
    original: field.optional('original'),
    status: oneOf(object['status'], STATUSES, `${where}.status`),
    before: field.optional('before'),
    after: field.optional('after'),
    sentBytes: sentBytes === undefined ? undefined : asSize(sentBytes, where),
    message: field.optional('message'),
  };
}

function parsePrevious(value: JsonValue | undefined, where: string): Receipt['previous'] {
  if (value === undefined) return undefined;
  const field = fieldsOf(asObject(value, where), where, ['file', 'sha256']);
  return { file: field.required('file'), sha256: field.required('sha256') };
}

interface Fields {
  required(name: string): string;
  optional(name: string): string | undefined;
}

function fieldsOf(object: JsonObject, where: string, known: readonly string[]): Fields {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw invalid(where, `${JSON.stringify(unknown)} does not belong there`);
  const required = (name: string): string => asString(object[name], `${where}.${name}`);
  return {
    required,
    optional: (name) => (object[name] === undefined ? undefined : required(name)),
  };
}

function oneOf<Word extends string>(
  value: JsonValue | undefined,
  words: readonly Word[],
  where: string,
): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw invalid(where, `one of ${words.join(', ')} is expected`);
}

function asBoolean(value: JsonValue | undefined, where: string): boolean {
  if (typeof value === 'boolean') return value;
  throw invalid(where, 'true or false is expected');
}

function invalid(where: string, what: string): AirkitError {
  return new AirkitError('CONTENT_INVALID', `${where}: ${what}`, { context: { path: where } });
}
