import { isAirkitError } from '../errors.ts';
import { applyChanges, CHANGE_INSTRUCTIONS } from '../oci/dockerfile/change.ts';
import { parsePlatform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import { parseVersionRange } from '../oci/version-range.ts';
import type { Complaint } from './complaint.ts';
import { didYouMean } from './did-you-mean.ts';
import { keyComplaint } from './key-location.ts';
import { patternComplaint } from './pattern-syntax.ts';
import { registryHostComplaint, registryPrefixComplaint } from './registry-host.ts';
import { sizeComplaint } from './size.ts';
import { sourceComplaint } from './source-location.ts';

/** Says what is wrong with a text, if anything. */
export type TextCheck = (text: string) => Complaint | undefined;

const ARCHITECTURES = ['amd64', 'arm64', 'arm', '386', 'ppc64le', 's390x', 'riscv64', 'loong64'];
const OTHER_NAMES = [
  'x86_64',
  'x86-64',
  'aarch64',
  'i386',
  'i686',
  'armhf',
  'wasm',
  'ppc64',
  'mips64',
  'mips64le',
];

const platformCheck: TextCheck = (text) => {
  if ([...ARCHITECTURES, ...OTHER_NAMES].includes(text)) {
    return wrong(`${quote(text)} is an architecture only`, `Did you mean "linux/${text}"?`);
  }
  const malformed = complaintOf(() => parsePlatform(text));
  if (malformed !== undefined) return malformed;
  const [system = '', architecture = ''] = text.split('/');
  const near = didYouMean(architecture, ARCHITECTURES);
  if (near === undefined || [...ARCHITECTURES, ...OTHER_NAMES].includes(architecture))
    return undefined;
  return wrong(
    `${quote(architecture)} is no known architecture`,
    `Did you mean "${system}/${near}"?`,
  );
};

const semverCheck: TextCheck = (text) => complaintOf(() => parseVersionRange(text));

const dateCheck: TextCheck = (text) => {
  const hint = 'Write YYYY-MM-DD, such as 2027-06-30.';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return wrong(`${quote(text)} is not a date`, hint);
  const date = new Date(`${text}T00:00:00Z`);
  const real = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
  return real ? undefined : wrong(`the calendar has no ${text}`, hint);
};

const nameCheck: TextCheck = (text) =>
  partOfFileName(text, /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/);

const versionCheck: TextCheck = (text) =>
  partOfFileName(text, /^[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?$/);

function partOfFileName(text: string, allowed: RegExp): Complaint | undefined {
  if (text.length <= 128 && allowed.test(text)) return undefined;
  return wrong(
    `${quote(text)} cannot be part of a folder name on every disk`,
    'Use letters, digits and . _ - inside, at most 128 characters.',
  );
}

const outputPathCheck: TextCheck = (text) => {
  if (text.trim() === '')
    return wrong('the path is empty', 'Leave `path` out for dist/{name}-{version}.');
  const stray = /[{}]/.exec(text.replaceAll(/\{(?:name|version)\}/g, ''));
  if (stray === null) return pathCheck(text);
  const word = /\{([^{}]*)\}/.exec(text.replaceAll(/\{(?:name|version)\}/g, ''))?.[1];
  const near = word === undefined ? undefined : didYouMean(word, ['name', 'version']);
  const known = 'Only {name} and {version} are replaced.';
  return wrong(
    `${quote(text)} holds an unknown placeholder`,
    near === undefined ? known : `Did you mean "{${near}}"? ${known}`,
  );
};

const pathCheck: TextCheck = (text) => {
  if (text.includes('-----BEGIN') || /[\n\0]/.test(text)) {
    return wrong('a path is expected, not the contents of a file', 'Name the file.');
  }
  if (text.trim() === '') return wrong('the path is empty', 'Name a file or folder.');
  if (!text.startsWith('~/')) return undefined;
  return wrong('~ is not expanded here', 'Write a path relative to the folder of this file.');
};

const asCheck: TextCheck = (text) => {
  const hint =
    "Write a reference such as appliance:v3; {name}, {id} and {date} stand for a container's name and ID and the day.";
  try {
    parseReference(text.slice(0, 600).replaceAll(/\{(?:name|id|date)\}/g, 'x'));
    return undefined;
  } catch (error) {
    if (!isAirkitError(error)) throw error;
    return wrong(`${quote(text)} is not an image reference`, hint);
  }
};

/**
 * What is wrong with a Dockerfile instruction that is to change a config, if anything. Variables that it uses are only known
 * once there is a config: here each has a value that is right everywhere.
 */
export const changeComplaint: TextCheck = (text) => {
  const word = /^\s*(\S*)/.exec(text)?.[1] ?? '';
  const variables = Array.from(text.matchAll(/\$\{?(\w+)/g), ([, name = '']) => `${name}=1`);
  try {
    applyChanges({ Env: variables }, [text]);
    return undefined;
  } catch (error) {
    if (!isAirkitError(error)) throw error;
    const isKnown = CHANGE_INSTRUCTIONS.includes(word.toUpperCase());
    const near = isKnown ? undefined : didYouMean(word, CHANGE_INSTRUCTIONS);
    return wrong(
      error.message,
      near === undefined ? (error.hint ?? '') : `Did you mean "${near}"?`,
    );
  }
};

const rateLimitCheck: TextCheck = (text) =>
  /^[1-9]\d{0,8}\/(?:[1-9]\d{0,5})?[smhd]$/.test(text)
    ? undefined
    : wrong(
        `${quote(text)} is not a rate`,
        'Write REQUESTS/TIME, such as 100/6h, 10/s or 600/10m.',
      );

const renameTargetCheck: TextCheck = (text) => {
  if (text !== '' && !/[\s[\]{}?]|:\/\//.test(text)) return undefined;
  return wrong(
    `${quote(text)} is not a new name`,
    'Write a name in which * stands for what * of `from` matched, such as apps.example.com/acme/*.',
  );
};

/** The formats of bundles.schema.json, by name. */
export const TEXT_FORMATS: Readonly<Record<string, TextCheck>> = {
  'airkit-as': asCheck,
  'airkit-change': changeComplaint,
  'airkit-date': dateCheck,
  'airkit-key': keyComplaint,
  'airkit-mirror': registryPrefixComplaint,
  'airkit-name': nameCheck,
  'airkit-output-path': outputPathCheck,
  'airkit-path': pathCheck,
  'airkit-pattern': patternComplaint,
  'airkit-platform': platformCheck,
  'airkit-rate-limit': rateLimitCheck,
  'airkit-registry-host': registryHostComplaint,
  'airkit-rename-target': renameTargetCheck,
  'airkit-semver': semverCheck,
  'airkit-size': sizeComplaint,
  'airkit-source': sourceComplaint,
  'airkit-version': versionCheck,
};

/** The same as ajv's code calls them (schema-check.generated.ts). */
export const SCHEMA_FORMATS: Readonly<Record<string, { validate(text: string): boolean }>> =
  Object.fromEntries(
    Object.entries(TEXT_FORMATS).map(([name, check]) => [
      name,
      { validate: (text: string) => check(text) === undefined },
    ]),
  );

/** What a parser says of a text that it refuses. */
function complaintOf(parse: () => unknown): Complaint | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!isAirkitError(error)) throw error;
    return wrong(error.message, error.hint ?? '');
  }
}

function wrong(message: string, hint: string): Complaint {
  return { code: 'WRONG_VALUE', message, hint };
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
