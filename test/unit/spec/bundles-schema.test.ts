import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { bundlesSchemaText } from '../../../src/spec/bundles-schema.ts';
import { TEXT_FORMATS } from '../../../src/spec/text-formats.ts';

interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly additionalProperties?: boolean | Schema;
  readonly properties?: Record<string, Schema>;
  readonly definitions?: Record<string, Schema>;
  readonly items?: Schema;
  readonly propertyNames?: Schema;
}

const root: Schema = JSON.parse(bundlesSchemaText());

function keysOf(name: string): string[] {
  return Object.keys(root.definitions?.[name]?.properties ?? {});
}

function everySchema(schema: Schema): Schema[] {
  const { items, propertyNames, additionalProperties } = schema;
  const below = [
    ...Object.values(schema.properties ?? {}),
    ...Object.values(schema.definitions ?? {}),
    ...[items, propertyNames].filter((part) => part !== undefined),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ];
  return [schema, ...below.flatMap(everySchema)];
}

describe('bundles.schema.json', () => {
  const schemas = everySchema(root);

  test('describes every property', () => {
    for (const { properties = {} } of schemas) {
      for (const [name, property] of Object.entries(properties)) {
        const target = property.$ref?.replace('#/definitions/', '');
        const described = target === undefined ? property : root.definitions?.[target];
        expect(described?.description, name).toBeTruthy();
      }
    }
  });

  test('closes every map', () => {
    const maps = schemas.filter(({ type }) => type === 'object');
    expect(maps.length).toBeGreaterThan(8);
    for (const map of maps) expect(map.additionalProperties).toBeDefined();
    for (const map of maps.filter(({ properties }) => properties !== undefined)) {
      expect(map.additionalProperties, map.description).toBe(false);
    }
  });

  test('defaults takes every field of bundles and selectors but the name', () => {
    const fields = ['bundle', 'imageSelector', 'containerSelector'].flatMap(keysOf);
    const wanted = new Set(fields.filter((field) => field !== 'name'));
    expect(new Set(keysOf('defaults'))).toEqual(wanted);
  });

  test('uses exactly the formats that are known', () => {
    const used = new Set(schemas.flatMap(({ format }) => (format === undefined ? [] : [format])));
    expect(used).toEqual(new Set(Object.keys(TEXT_FORMATS)));
  });

  test.each(['spec-types', 'schema-check'])('what generate-%s writes is current', (name) => {
    const script = fileURLToPath(new URL(`../../../scripts/generate-${name}.mjs`, import.meta.url));
    expect(() => execFileSync(process.execPath, [script, '--check'])).not.toThrow();
  });
});
