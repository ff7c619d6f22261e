import { isAirkitError, type Problem } from '../errors.ts';
import type { OperationOptions } from '../content/operation.ts';
import { writeFileAtomically } from '../content/write-file.ts';
import { formatInventory } from '../inventory/inventory-file.ts';
import { takeInventory } from './inventory.ts';
import type { TargetRun } from './load-targets.ts';
import { INVENTORY_SUFFIX } from './receipt-folder.ts';

/** An inventory that was written for the next pack. */
export interface WrittenInventory {
  readonly target: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Takes down what targets hold that could not have all images, beside the receipt: the next kit can be packed against
 * it. A target that cannot tell is a warning.
 *
 * @throws AirkitError DISK_FAILED, NO_SPACE
 */
export async function writeInventories(
  runs: readonly TargetRun[],
  receiptPath: string,
  options: OperationOptions,
): Promise<{ readonly inventories: WrittenInventory[]; readonly warnings: Problem[] }> {
  const inventories: WrittenInventory[] = [];
  const warnings: Problem[] = [];
  for (const { target, place } of runs) {
    if (target === undefined) continue;
    try {
      const held = await takeInventory(target, options);
      const number = inventories.length === 0 ? '' : `-${inventories.length + 1}`;
      const path = `${receiptPath.replace(/\.json$/, '')}${number}${INVENTORY_SUFFIX}`;
      await writeFileAtomically(path, formatInventory({ target: target.name, ...held }));
      inventories.push({ target: place.text, path });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isAirkitError(error, 'TARGET_FAILED', 'UNSUPPORTED')) throw error;
      const message = `${place.text}: no inventory for the next pack: ${error.message}`;
      warnings.push({ code: error.code, severity: 'warning', message });
    }
  }
  return { inventories, warnings };
}
