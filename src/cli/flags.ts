import type { MirrorEngine } from '../index.ts';
import type { CommonFlags } from './run-command.ts';

export interface PlanFlags extends CommonFlags {
  readonly bundle?: string[];
  readonly output?: string;
  readonly why?: string;
}

export interface PackFlags extends PlanFlags {
  readonly force?: boolean;
  readonly key?: string;
  readonly annotation?: Record<string, string>;
}

export interface TrustFlags extends CommonFlags {
  readonly trust?: string[];
  readonly allowUnsigned?: boolean;
}

export interface VerifyFlags extends TrustFlags {
  readonly quick?: boolean;
  readonly deep?: boolean;
}

export interface InspectFlags extends CommonFlags {
  readonly trust?: string[];
  readonly layers?: boolean;
}

export interface LoadFlags extends TrustFlags {
  readonly to?: string;
  readonly include?: string[];
  readonly dryRun?: boolean;
  readonly scoped?: boolean;
  readonly sparseIndex?: 'keep' | 'strip' | 'fail';
  readonly mirrorConfig?: MirrorEngine;
  readonly receipt?: string;
}

export interface ServeFlags extends TrustFlags {
  readonly listen?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly mirrorConfig?: MirrorEngine;
}
