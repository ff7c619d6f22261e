// npm sets the executable bit of `bin` files when it installs a package, but not in a clone.
import { chmodSync } from 'node:fs';

chmodSync(new URL('../dist/cli/main.js', import.meta.url), 0o755);
