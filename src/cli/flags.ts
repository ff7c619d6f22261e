import type { LockUse, MirrorEngine } from '../index.ts';
import type { CommonFlags } from './run-command.ts';

export interface VolumeFlags extends CommonFlags {
  readonly volumes?: string[];
}

export interface PlanFlags extends VolumeFlags {
  readonly volumeSize?: string;
  readonly bundle?: string[];
  readonly output?: string;
  readonly why?: string;
  /** False with --no-lock. */
  readonly lock?: boolean;
  readonly locked?: boolean;
  readonly reuse?: string[];
  readonly allowMissing?: boolean;
}

export interface LockFlags extends CommonFlags {
  readonly update?: string[];
}

/** What --locked and --no-lock say. */
export function lockUseOf({ lock, locked }: PlanFlags): LockUse {
  if (lock === false) return 'ignored';
  return locked === true ? 'required' : 'if-present';
}

export interface PackFlags extends PlanFlags {
  readonly force?: boolean;
  readonly key?: string;
  readonly annotation?: Record<string, string>;
}

export interface TrustFlags extends VolumeFlags {
  readonly trust?: string[];
  readonly allowUnsigned?: boolean;
}

export interface GatherFlags extends CommonFlags {
  readonly into: string;
  readonly trust?: string[];
  readonly allowUnsigned?: boolean;
}

export interface VerifyFlags extends TrustFlags {
  readonly quick?: boolean;
  readonly deep?: boolean;
}

export interface InspectFlags extends VolumeFlags {
  readonly trust?: string[];
  readonly layers?: boolean;
}

export interface LoadFlags extends TrustFlags {
  readonly to?: string[];
  readonly include?: string[];
  readonly exclude?: string[];
  readonly rename?: { readonly from: string; readonly to: string }[];
  readonly platform?: string[];
  readonly onExistingTag?: 'overwrite' | 'skip' | 'fail';
  readonly keepGoing?: boolean;
  readonly dryRun?: boolean;
  readonly scoped?: boolean;
  readonly sparseIndex?: 'keep' | 'strip' | 'fail';
  readonly mirrorConfig?: MirrorEngine;
  readonly receipt?: string;
}

export interface DiffFlags extends VolumeFlags {
  readonly target?: string;
  readonly trust?: string[];
  readonly scoped?: boolean;
}

export interface InventoryFlags extends CommonFlags {
  readonly output?: string;
}

export interface RollbackFlags extends CommonFlags {
  readonly dryRun?: boolean;
  readonly receipt?: string;
}

export interface ServeFlags extends TrustFlags {
  readonly listen?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly mirrorConfig?: MirrorEngine;
}
