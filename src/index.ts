export { diskFailureOf } from './content/file-bytes.ts';
export { AirkitError, isAirkitError, messageOf, type ErrorCode, type Problem } from './errors.ts';
export type { OperationOptions, Phase, ProgressEvent } from './content/operation.ts';
export type { TargetResult } from './content/image.ts';
export type { Plan, PlannedImage } from './plan/plan.ts';
export type { BundleIndex } from './archive/bundle-index.ts';
export type { BundleBase } from './archive/bundle-bases.ts';
export type { Host } from './operations/host.ts';
export { lacksRoom } from './content/free-space.ts';
export { init, schema, validate } from './operations/bundles-file.ts';
export { cacheList, cachePrune, type CacheListing } from './operations/cache.ts';
export { copy, type CopyReport, type FilledMedium } from './operations/copy.ts';
export { diffKits, diffTarget, type DiffReport, type ImageChange } from './operations/diff.ts';
export { discover, type DiscoverOptions, type DiscoveryReport } from './operations/discover.ts';
export type { DiscoveryKind, ImagePlace } from './discovery/found-image.ts';
export type { DiscoveredImage } from './discovery/group-images.ts';
export { gather, type GatherOptions, type GatherReport } from './operations/gather.ts';
export {
  inspect,
  type InspectedImage,
  type InspectedLayer,
  type Inspection,
  type InspectOptions,
} from './operations/inspect.ts';
export { inventory, type InventoryOptions, type InventoryReport } from './operations/inventory.ts';
export { keygen, type WrittenKeys } from './operations/keygen.ts';
export { history, type History, type HistoryEntry } from './operations/history.ts';
export { load, type LoadOptions, type LoadReport } from './operations/load.ts';
export { lock, type LockOptions, type LockReport } from './operations/lock.ts';
export type { LockChanges } from './operations/lock-changes.ts';
export type { LockComparison } from './operations/compare-lock.ts';
export type { LockUse } from './operations/find-lock.ts';
export type { LoadedTarget, LoadResult } from './operations/load-results.ts';
export { loadedMirrorConfig, serveMirrorConfig, targetMirror } from './operations/mirror-config.ts';
export { pack, type PackedKit, type PackOptions } from './operations/pack.ts';
export { plan, type PlannedBundle, type PlanOptions } from './operations/plan-bundles.ts';
export type { BundlePlan } from './operations/plan-bundle.ts';
export type { Origin } from './operations/blob-origins.ts';
export type { MissingImage } from './operations/join-failures.ts';
export { parseReceipt } from './operations/parse-receipt.ts';
export type { Receipt, ReceiptResult, ReceiptTarget } from './operations/receipt.ts';
export { rollback, type RollbackOptions, type RollbackReport } from './operations/rollback.ts';
export type { RollbackResult } from './operations/rollback-results.ts';
export {
  serve,
  type ServeOptions,
  type ServeReport,
  type ServeSummary,
} from './operations/serve.ts';
export { snapshot, type SnapshotOptions, type SnapshotReport } from './operations/snapshot.ts';
export type { AccessEntry } from './serving/server.ts';
export type { MirrorEngine } from './serving/mirror-config.ts';
export type { MirrorConfig, MirrorFile } from './serving/mirrors/mirror.ts';
export { sign } from './operations/sign.ts';
export { trustAdd, type AddedTrust } from './operations/trust-add.ts';
export { trustList, type ListedKey, type TrustListing } from './operations/trust-list.ts';
export { trustRemove, type RemovedTrust } from './operations/trust-remove.ts';
export { verify, type VerifyOptions, type VerifyReport } from './operations/verify.ts';
export { VERSION } from './version.ts';
export { save, type SavedImage, type SaveOptions, type SaveReport } from './operations/save.ts';
export { send, type SendOptions, type SendReport } from './operations/send.ts';
export {
  convert,
  type ConvertedImage,
  type ConvertOptions,
  type ConvertReport,
} from './operations/convert.ts';
