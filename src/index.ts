export { AirkitError, isAirkitError, messageOf, type ErrorCode, type Problem } from './errors.ts';
export type { OperationOptions, Phase, ProgressEvent } from './content/operation.ts';
export type { TargetResult } from './content/image.ts';
export type { Plan, PlannedImage } from './plan/plan.ts';
export type { BundleIndex } from './archive/bundle-index.ts';
export type { Host } from './operations/host.ts';
export { lacksRoom } from './operations/free-space.ts';
export { init, schema, validate } from './operations/bundles-file.ts';
export { cacheList, cachePrune, type CacheListing } from './operations/cache.ts';
export {
  inspect,
  type InspectedImage,
  type Inspection,
  type InspectOptions,
} from './operations/inspect.ts';
export { keygen, type WrittenKeys } from './operations/keygen.ts';
export { load, type LoadOptions, type LoadReport } from './operations/load.ts';
export { loadedMirrorConfig, serveMirrorConfig, targetMirror } from './operations/mirror-config.ts';
export { pack, type PackedKit, type PackOptions } from './operations/pack.ts';
export { plan, type PlanOptions } from './operations/plan-bundles.ts';
export type { BundlePlan } from './operations/plan-bundle.ts';
export {
  serve,
  type ServeOptions,
  type ServeReport,
  type ServeSummary,
} from './operations/serve.ts';
export type { AccessEntry } from './serving/server.ts';
export type { MirrorEngine } from './serving/mirror-config.ts';
export type { MirrorConfig, MirrorFile } from './serving/mirrors/mirror.ts';
export { sign } from './operations/sign.ts';
export { verify, type VerifyOptions, type VerifyReport } from './operations/verify.ts';
export { VERSION } from './version.ts';
