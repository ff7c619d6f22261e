import { AirkitError } from '../errors.ts';
import { asObject, asString, asStrings, type JsonValue } from './json.ts';

/** OCI image-spec image-index.md, `platform` of a descriptor. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly 'os.version'?: string | undefined;
  readonly 'os.features'?: readonly string[] | undefined;
}

const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/;

/**
 * Parses `os/architecture[/variant]`, as docker and containerd write it.
 *
 * @throws AirkitError USAGE
 */
export function parsePlatform(text: string): Platform {
  if (!PLATFORM.test(text)) {
    throw new AirkitError('USAGE', `${JSON.stringify(text)} is not a platform`, {
      hint: 'Write os/architecture or os/architecture/variant, such as linux/amd64 or linux/arm/v7.',
    });
  }
  const [os = '', architecture = '', variant] = text.split('/');
  return normalizePlatform({ os, architecture, variant });
}

/** `linux/arm64`, `linux/arm/v7`; `unknown/unknown` is what attestation manifests carry. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = normalizePlatform(platform);
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** containerd's normalisation (platforms/database.go): arm64/v8 is arm64, arm is arm/v7, armel is
 * arm/v6, x86_64 is amd64. */
export function normalizePlatform(platform: Platform): Platform {
  const architecture = ARCHITECTURES.get(platform.architecture) ?? platform.architecture;
  const isArmel = platform.architecture === 'armel';
  const variant = isArmel ? 'v6' : normalizeVariant(architecture, platform.variant);
  const { variant: _, ...rest } = platform;
  return variant === undefined ? { ...rest, architecture } : { ...rest, architecture, variant };
}

/** True when both name the same operating system, architecture and variant. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(a) === formatPlatform(b);
}

/** Builders write what they like here; it becomes a column of images.txt and part of messages. */
const PLATFORM_WORD = /^[A-Za-z0-9._+/:-]{1,128}$/;

/**
 * Reads a `platform` member of a descriptor, or the platform fields of an image config.
 *
 * @throws AirkitError CONTENT_INVALID for fields that are no words
 */
export function parsePlatformFields(value: JsonValue | undefined, where: string): Platform {
  const object = asObject(value, where);
  const optional = (key: string): string | undefined => {
    const member = object[key];
    return member === undefined || member === '' ? undefined : asWord(member, `${where}.${key}`);
  };
  const features = object['os.features'];
  return {
    os: optional('os') ?? 'linux',
    architecture: optional('architecture') ?? 'unknown',
    ...(optional('variant') === undefined ? {} : { variant: optional('variant') }),
    ...(optional('os.version') === undefined ? {} : { 'os.version': optional('os.version') }),
    ...(features === undefined || features === null
      ? {}
      : {
          'os.features': asStrings(features, `${where}.os.features`).map((feature) =>
            asWord(feature, `${where}.os.features`),
          ),
        }),
  };
}

function asWord(value: JsonValue, where: string): string {
  const word = asString(value, where);
  if (PLATFORM_WORD.test(word)) return word;
  throw new AirkitError('CONTENT_INVALID', `${where}: ${JSON.stringify(word)} is no platform`);
}

const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['aarch64', 'arm64'],
  ['i386', '386'],
  ['i686', '386'],
  ['armhf', 'arm'],
  ['armel', 'arm'],
]);

function normalizeArmVariant(variant: string | undefined): string {
  if (variant === undefined || variant === '') return 'v7';
  return /^\d$/.test(variant) ? `v${variant}` : variant;
}

function normalizeVariant(architecture: string, variant: string | undefined): string | undefined {
  if (architecture === 'arm64' && (variant === '8' || variant === 'v8')) return undefined;
  if (architecture === 'amd64' && variant === 'v1') return undefined;
  if (architecture === 'arm') return normalizeArmVariant(variant);
  return variant === '' ? undefined : variant;
}
