// Bundles files of the rows.
import { writeFile } from 'node:fs/promises';

/**
 * @param {string} path
 * @param {{ images: object[], layers?: 'zstd' | 'gzip' | 'none' }} bundle
 */
export async function writeBundles(path, { images, layers = 'zstd' }) {
  const bundle = { name: 'bench', version: '1.0.0', images, output: { layers } };
  const file = { apiVersion: 'airkit.dev/v1', kind: 'Bundles', bundles: [bundle] }; // JSON is YAML
  await writeFile(path, JSON.stringify(file, undefined, 2));
  return path;
}
