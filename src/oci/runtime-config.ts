import { canonicalJson } from './canonical-json.ts';
import type { Digest } from './digest.ts';
import {
  asArray,
  asObject,
  asSize,
  asString,
  asStringMap,
  asStrings,
  type JsonObject,
  type JsonValue,
} from './json.ts';
import type { Platform } from './platform.ts';

/** A health check as Docker keeps it; times in nanoseconds. */
export interface HealthCheck {
  /** `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", line]`. */
  readonly Test: readonly string[];
  readonly Interval?: number | undefined;
  readonly Timeout?: number | undefined;
  readonly StartPeriod?: number | undefined;
  readonly StartInterval?: number | undefined;
  readonly Retries?: number | undefined;
}

/**
 * How an image is run: `config` of an image config (OCI image-spec config.md), with the members that Docker adds. What
 * only a container has, such as its host name, is no part of it.
 */
export interface RuntimeConfig {
  readonly User?: string | undefined;
  readonly ExposedPorts?: Readonly<Record<string, object>> | undefined;
  readonly Env?: readonly string[] | undefined;
  readonly Entrypoint?: readonly string[] | undefined;
  readonly Cmd?: readonly string[] | undefined;
  readonly Volumes?: Readonly<Record<string, object>> | undefined;
  readonly WorkingDir?: string | undefined;
  readonly Labels?: Readonly<Record<string, string>> | undefined;
  readonly StopSignal?: string | undefined;
  readonly Healthcheck?: HealthCheck | undefined;
  readonly OnBuild?: readonly string[] | undefined;
  readonly Shell?: readonly string[] | undefined;
}

type Reader = (value: JsonValue, where: string) => unknown;

const keysOnly: Reader = (value, where) =>
  Object.fromEntries(Object.keys(asObject(value, where)).map((key) => [key, {}]));

const READERS: Readonly<Record<keyof RuntimeConfig, Reader>> = {
  User: asString,
  ExposedPorts: keysOnly,
  Env: asStrings,
  Entrypoint: asStrings,
  Cmd: asStrings,
  Volumes: keysOnly,
  WorkingDir: asString,
  Labels: asStringMap,
  StopSignal: asString,
  Healthcheck: readHealthCheck,
  OnBuild: asStrings,
  Shell: asStrings,
};

/**
 * Reads `Config` of an inspected container. Members that say nothing (null, empty) are left out, so that engines which
 * write them and engines which do not give the same config.
 *
 * @throws AirkitError CONTENT_INVALID
 */
export function parseRuntimeConfig(value: JsonValue | undefined, where: string): RuntimeConfig {
  const object = asObject(value, where);
  const members = Object.entries(READERS).flatMap(([key, read]) => {
    const member = object[key];
    return member === undefined || isEmpty(member) ? [] : [[key, read(member, `${where}.${key}`)]];
  });
  return Object.fromEntries(members);
}

export interface FlatImageParts {
  readonly platform: Platform;
  readonly runtime: RuntimeConfig;
  /** Of the one layer. */
  readonly diffId: Digest;
  /** RFC 3339; absent: the config tells no time. */
  readonly created?: string | undefined;
}

/** The config of an image of one layer without history, as canonical JSON: equal parts give the same image ID. */
export function formatFlatConfig({ platform, runtime, diffId, created }: FlatImageParts): Buffer {
  return canonicalJson({
    ...platform,
    created,
    config: Object.fromEntries(
      Object.entries(runtime).filter(([, member]) => member !== undefined && !isUnset(member)),
    ),
    rootfs: { type: 'layers', diff_ids: [diffId] },
  });
}

function readHealthCheck(value: JsonValue, where: string): HealthCheck {
  const object = asObject(value, where);
  const times = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const;
  return {
    Test: asArray(object['Test'] ?? [], `${where}.Test`).map((item) => asString(item, where)),
    ...Object.fromEntries(times.flatMap((key) => readTime(object, key, where))),
  };
}

function readTime(object: JsonObject, key: string, where: string): [string, number][] {
  const value = object[key];
  return value === undefined || value === 0 ? [] : [[key, asSize(value, `${where}.${key}`)]];
}

function isEmpty(value: JsonValue): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function isUnset(value: unknown): boolean {
  return (
    value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  );
}
