/** A package as package-lock.json describes it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

export function productionPackages(): Map<string, LockedPackage>;
export function sbomText(): string;
export function loaderSbomText(node: {
  readonly platform: string;
  readonly version: string;
  readonly integrity: string;
}): string;
