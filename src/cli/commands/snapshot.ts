import { snapshot } from '../../index.ts';
import type { SnapshotFlags } from '../flags.ts';
import { warningText, type Command } from '../run-command.ts';
import { pipeWriter, requirePipe } from './save.ts';

export function snapshotCommand(container: string, flags: SnapshotFlags): Command {
  return async (host, options) => {
    const { as, output: file, from, change: changes, config: keepConfig, layers, force } = flags;
    if (file === '-') requirePipe(flags);
    const output = file === '-' ? pipeWriter(options) : file;
    const wanted = { as, output, from, changes, keepConfig, layers, force };
    const report = await snapshot(host, container, { ...options, ...wanted });
    const { path, reference, warnings } = report;
    return {
      data: { snapshot: { ...report, path: path ?? null } },
      text: path === undefined ? '' : `${path}\n`,
      notes: [
        ...warnings.map(warningText),
        path === undefined
          ? `${reference}; not signed`
          : `${reference}: load it with docker load, or pack it with from: oci-archive:${path}`,
      ],
    };
  };
}
