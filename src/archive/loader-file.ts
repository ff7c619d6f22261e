import { fileURLToPath } from 'node:url';

/** Where `npm run build:loader` puts executables: seen the same from `src/archive` and from `dist/archive`. */
const FOLDER = new URL('../../loader/', import.meta.url);

/** The path of the single-file airkit for a platform such as `linux-x64`; it need not exist. */
export function loaderFile(platform: string): string {
  return fileURLToPath(new URL(`airkit-${platform}`, FOLDER));
}
