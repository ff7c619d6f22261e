import type { DiscoveryKind, LockUse, MirrorEngine } from '../index.ts';
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
  readonly base?: string[];
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
  readonly publicKey?: string;
  readonly withLoader?: string[];
  readonly annotation?: Record<string, string>;
}

export interface TrustFlags extends VolumeFlags {
  readonly trust?: string[];
  readonly allowUnsigned?: boolean;
  readonly threshold?: number;
  readonly at?: string;
}

export interface GatherFlags extends CommonFlags {
  readonly into: string;
  readonly trust?: string[];
  readonly allowUnsigned?: boolean;
  readonly threshold?: number;
  readonly at?: string;
}

export interface SignFlags extends VolumeFlags {
  readonly key?: string;
  readonly exec?: string;
  readonly publicKey?: string;
}

export interface TrustAddFlags extends CommonFlags {
  readonly name?: string;
  readonly revoked?: boolean;
  readonly system?: boolean;
}

export interface TrustRemoveFlags extends CommonFlags {
  readonly system?: boolean;
}

export interface VerifyFlags extends TrustFlags {
  readonly base?: string[];
  readonly quick?: boolean;
  readonly deep?: boolean;
}

export interface InspectFlags extends VolumeFlags {
  readonly trust?: string[];
  readonly layers?: boolean;
}

export interface LoadFlags extends TrustFlags {
  readonly base?: string[];
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
  readonly base?: string[];
  readonly listen?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly mirrorConfig?: MirrorEngine;
}

export interface DiscoverFlags extends CommonFlags {
  readonly kind?: DiscoveryKind;
  readonly why?: string;
  readonly includePossible?: boolean;
  readonly format?: 'list' | 'bundles';
}

export interface SaveFlags extends CommonFlags {
  readonly from?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly platform?: string[];
  readonly rename?: { readonly from: string; readonly to: string }[];
  readonly layers?: 'gzip' | 'zstd' | 'none';
}

export interface SendFlags extends Omit<SaveFlags, 'output' | 'force' | 'layers'> {
  readonly onExistingTag?: 'overwrite' | 'skip' | 'fail';
  readonly dryRun?: boolean;
  readonly scoped?: boolean;
  readonly receipt?: string;
}

export interface ConvertFlags extends TrustFlags {
  readonly include?: string[];
  readonly platform?: string[];
  readonly force?: boolean;
  readonly key?: string;
  readonly layers?: 'gzip' | 'zstd' | 'none';
}

export interface SnapshotFlags extends CommonFlags {
  readonly as: string;
  readonly output?: string;
  readonly from?: string;
  readonly change?: string[];
  /** False with --no-config. */
  readonly config?: boolean;
  readonly layers?: 'zstd' | 'gzip' | 'none';
  readonly force?: boolean;
}
