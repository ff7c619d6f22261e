import { inventory } from '../../index.ts';
import { plural } from '../format.ts';
import type { InventoryFlags } from '../flags.ts';
import type { Command } from '../run-command.ts';

export function inventoryCommand(target: string, { output }: InventoryFlags): Command {
  return async (host, options) => {
    const { document, ...report } = await inventory(host, target, { ...options, output });
    const { images, layers, blobs, path } = report;
    const counts = `${plural(images.length, 'name')}, ${plural(layers, 'layer')}, ${plural(blobs, 'blob')}`;
    return {
      data: report,
      text: path === undefined ? Buffer.from(document).toString('utf8') : `${path}\n`,
      notes: [`${target}: ${counts}`],
    };
  };
}
