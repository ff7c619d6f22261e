import { snapshot } from '../../index.ts';
import type { SnapshotFlags } from '../flags.ts';
import { warningText, type Command } from '../run-command.ts';

export function snapshotCommand(container: string, flags: SnapshotFlags): Command {
  return async (host, options) => {
    const { as, output, from, change: changes, config: keepConfig, layers, force } = flags;
    const wanted = { as, output, from, changes, keepConfig, layers, force };
    const report = await snapshot(host, container, { ...options, ...wanted });
    const { path, reference, warnings } = report;
    return {
      data: { snapshot: report },
      text: `${path}\n`,
      notes: [
        ...warnings.map(warningText),
        `${reference}: load it with docker load, or pack it with from: oci-archive:${path}`,
      ],
    };
  };
}
