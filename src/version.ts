import { createRequire } from 'node:module';

const manifest: unknown = createRequire(import.meta.url)('airkit/package.json');

/** airkit's own version, as package.json states it. */
export const VERSION: string =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
