export { AirkitError, isAirkitError, messageOf, type ErrorCode, type Problem } from './errors.ts';
export type { OperationOptions, Phase, ProgressEvent } from './content/operation.ts';
export type { TargetResult } from './content/image.ts';
export type { Plan, PlannedImage } from './plan/plan.ts';
export type { BundleIndex } from './archive/bundle-index.ts';
export type { Host } from './operations/host.ts';
export { lacksRoom } from './operations/free-space.ts';
export { init, schema, validate } from './operations/bundles-file.ts';
export { cacheList, cachePrune, type CacheListing } from './operations/cache.ts';
export { diffKits, diffTarget, type DiffReport, type ImageChange } from './operations/diff.ts';
export { discover, type DiscoverOptions, type DiscoveryReport } from './operations/discover.ts';
export type { DiscoveryKind, ImagePlace } from './discovery/found-image.ts';
export type { DiscoveredImage } from './discovery/group-images.ts';
export {
  inspect,
  type InspectedImage,
  type Inspection,
  type InspectOptions,
} from './operations/inspect.ts';
export { inventory, type InventoryOptions, type InventoryReport } from './operations/inventory.ts';
export { keygen, type WrittenKeys } from './operations/keygen.ts';
export { load, type LoadOptions, type LoadReport } from './operations/load.ts';
export { lock, type LockOptions, type LockReport } from './operations/lock.ts';
export type { LockChanges } from './operations/lock-changes.ts';
export type { LockComparison } from './operations/compare-lock.ts';
export type { LockUse } from './operations/find-lock.ts';
export { pack, type PackedKit, type PackOptions } from './operations/pack.ts';
export { plan, type PlanOptions } from './operations/plan-bundles.ts';
export type { BundlePlan } from './operations/plan-bundle.ts';
export { sign } from './operations/sign.ts';
export { verify, type VerifyOptions, type VerifyReport } from './operations/verify.ts';
export { VERSION } from './version.ts';
