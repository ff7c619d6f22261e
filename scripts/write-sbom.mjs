// Writes what airkit consists of as CycloneDX 1.5 JSON (cyclonedx.org/docs/1.5/json): `dist/sbom.cdx.json` in the npm package, and
// `loader/sbom-PLATFORM.cdx.json` beside the executables. It comes from package-lock.json alone, so the same lock file gives the
// same bytes: no time, no random serial number, no path of the machine.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));

/** Packages of an install without development dependencies, by their path in package-lock.json. */
export function productionPackages(lock = read('package-lock.json')) {
  const entries = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && !dev);
  return new Map(entries.map(([path, entry]) => [path, { ...entry, name: nameAt(path) }]));
}

/** The executables: no native package is in them, which all optional ones are or serve; Node's own binary is. */
export function loaderSbomText(node) {
  const { version, integrity, platform } = node;
  const binary = { name: `node-${platform}`, version, integrity, license: 'MIT' };
  const required = new Map([...productionPackages()].filter(([, { optional }]) => !optional));
  return sbomText(required, [componentOf(binary)]);
}

/**
 * @param {Map<string, object>} [packages] by their path in package-lock.json
 * @param {object[]} [more] components beside them
 * @returns {string} the document
 */
export function sbomText(packages = productionPackages(), more = []) {
  const lock = read('package-lock.json');
  const { name, version, license, description } = read('package.json');
  const root = { name, version, license };
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: '',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'build' }],
      component: { ...componentOf(root), type: 'application', description },
    },
    components: [...once([...packages.values()].map(componentOf)), ...more],
    dependencies: once(
      [['', { ...lock.packages[''], ...root }], ...packages].map(([path, entry]) => ({
        ref: refOf(entry),
        dependsOn: dependenciesOf(path, entry, packages),
      })),
      'ref',
    ),
  };
  document.serialNumber = `urn:uuid:${uuidOf(JSON.stringify(document))}`;
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function componentOf(entry) {
  const { name, version, license, integrity, optional } = entry;
  const [scope, base] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return {
    type: 'library',
    'bom-ref': refOf(entry),
    ...(scope === undefined ? {} : { group: scope }),
    name: base,
    version,
    scope: optional === true ? 'optional' : 'required',
    ...(integrity === undefined ? {} : { hashes: [hashOf(integrity)] }),
    ...(license === undefined ? {} : { licenses: [{ license: { id: license } }] }),
    purl: refOf(entry),
  };
}

/** The package URL (github.com/package-url/purl-spec), which tells each version from others. */
function refOf({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** `sha512-BASE64` (Subresource Integrity) as CycloneDX has it. */
function hashOf(integrity) {
  const [algorithm, base64] = integrity.split('-');
  return {
    alg: algorithm.replace('sha', 'SHA-'),
    content: Buffer.from(base64, 'base64').toString('hex'),
  };
}

/** A package is looked for in the nearest node_modules, as Node does it. */
function dependenciesOf(path, { dependencies, optionalDependencies }, packages) {
  const names = Object.keys({ ...dependencies, ...optionalDependencies });
  const found = names.map((name) => {
    for (let folder = path; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
      const entry = packages.get(`${folder === '' ? '' : `${folder}/`}node_modules/${name}`);
      if (entry !== undefined) return refOf(entry);
      if (!folder.includes('/node_modules/')) break;
    }
    return packages.has(`node_modules/${name}`)
      ? refOf(packages.get(`node_modules/${name}`))
      : undefined;
  });
  return found.filter((ref) => ref !== undefined).toSorted();
}

/** One version may be installed in several places. */
function once(items, key = 'bom-ref') {
  const byKey = new Map(items.map((item) => [item[key], item]));
  return [...byKey.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

function nameAt(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Of the content, in the shape of version 8 (RFC 9562, section 5.8). */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
  ];
  return [...parts, hex.slice(20, 32)].join('-');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('../dist/sbom.cdx.json', import.meta.url), sbomText());
