// Generated from bundles.schema.json by `npm run generate`. Do not edit.

/**
 * Version of the bundle, in quotes: "1.30" (unquoted, YAML reads the number 1.3). Part of the kit's folder name.
 */
export type Version = string;
/**
 * Orders the kits of one bundle name: a site refuses to go back.
 */
export type Serial = number;
/**
 * Last day on which the kit loads, as YYYY-MM-DD (UTC).
 */
export type Expires = string;
/**
 * One line for people.
 */
export type Description = string;
/**
 * An anchored, case-sensitive glob over the whole reference: *, ?, […] and {a,b}; * crosses / and : too.
 */
export type Pattern = string;
/**
 * The source: docker (default), podman, containerd[:NAMESPACE], registry, registry://HOST[/PREFIX], oci:DIR, docker-archive:FILE, oci-archive:FILE, rootfs:FILE, docker+ssh://[USER@]HOST[:PORT].
 */
export type From = string;
/**
 * Patterns; an image that matches any of them is taken.
 *
 * @minItems 1
 */
export type Include = Pattern[];
/**
 * Patterns; an image that matches any of them is left out.
 */
export type Exclude = Pattern[];
/**
 * Platforms to take, as os/architecture[/variant]. Omitted: everything the source holds.
 *
 * @minItems 1
 *
 * Items: A platform, such as linux/amd64.
 */
export type Platforms = string[];
/**
 * A pattern without a match, or a platform that an image lacks, is no error. Default false.
 */
export type Optional = boolean;
/**
 * Range that tags must lie in, such as ">=1.30.0 <1.31.0". Tags that are no version are left out.
 */
export type Semver = string;
/**
 * Takes only this many of the highest versions per repository.
 */
export type Newest = number;
/**
 * Carry signatures, SBOMs and attestations that refer to the images, from registries and OCI layouts. Default false.
 */
export type Referrers = boolean;
/**
 * Reference that the image gets, such as appliance:v3. In containers, {name}, {id} and {date} stand for the container's name and ID and the day of SOURCE_DATE_EPOCH.
 */
export type As = string;
/**
 * Dockerfile instructions that set the image's config, as docker import --change takes them.
 *
 * Items: One of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR with its arguments.
 */
export type Changes = string[];
/**
 * A path or glob, relative to the bundles file.
 */
export type Path = string;
/**
 * Selectors of images. A plain text is short for a selector with that one pattern and the default source.
 *
 * @minItems 1
 *
 * Items: A pattern, or a selector.
 */
export type Images = (Pattern | ImageSelector)[];
/**
 * A snapshot keeps the container's command, environment, user and so on. Default true; false drops them, as docker export does.
 */
export type KeepConfig = boolean;
/**
 * Selectors of containers to snapshot (docker export), kept as images.
 *
 * @minItems 1
 */
export type Containers = ContainerSelector[];
/**
 * New names, given once, at pack. The first rule that matches the canonical name wins.
 *
 * Items: One rule.
 */
export type Rename = {
  /**
   * Pattern for the canonical name, such as ghcr.io/acme/*.
   */
  from: string;
  /**
   * The new name; each * takes what the same * of from matched.
   */
  to: string;
}[];

/**
 * What airkit packs: named sets of container images, selected by pattern from engines, registries and files.
 */
export interface BundlesDocument {
  /**
   * Address of this schema, for editors. airkit ignores it.
   */
  $schema?: string;
  /**
   * Version of the file format.
   */
  apiVersion: 'airkit.dev/v1';
  /**
   * Always Bundles.
   */
  kind: 'Bundles';
  defaults?: Defaults;
  registries?: Registries;
  /**
   * The bundles. Each becomes one kit.
   *
   * @minItems 1
   */
  bundles: Bundle[];
}
/**
 * Any bundle or selector field, written once. Maps are merged member by member; a list or scalar given again replaces the default.
 */
export interface Defaults {
  version?: Version;
  serial?: Serial;
  expires?: Expires;
  description?: Description;
  images?: Images;
  containers?: Containers;
  rename?: Rename;
  output?: Output;
  sign?: Sign;
  from?: From;
  include?: Include;
  exclude?: Exclude;
  labels?: Labels;
  platforms?: Platforms;
  optional?: Optional;
  semver?: Semver;
  newest?: Newest;
  referrers?: Referrers;
  as?: As;
  keepConfig?: KeepConfig;
  changes?: Changes;
  discover?: Discover;
}
/**
 * Selects images from one source.
 */
export interface ImageSelector {
  from?: From;
  include?: Include;
  exclude?: Exclude;
  labels?: Labels;
  platforms?: Platforms;
  optional?: Optional;
  semver?: Semver;
  newest?: Newest;
  referrers?: Referrers;
  as?: As;
  changes?: Changes;
  discover?: Discover;
}
/**
 * Labels that must all be there with these values.
 */
export interface Labels {
  /**
   * Value of the label.
   */
  [k: string]: string;
}
/**
 * Takes the references that these files use. Paths and globs are relative to the bundles file.
 */
export interface Discover {
  /**
   * Kubernetes manifests.
   *
   * @minItems 1
   */
  kubernetes?: Path[];
  /**
   * Compose files.
   *
   * @minItems 1
   */
  compose?: Path[];
  /**
   * Folders of Helm charts.
   *
   * @minItems 1
   */
  helm?: Path[];
  /**
   * Text files with one reference per line.
   *
   * @minItems 1
   */
  lists?: Path[];
}
/**
 * Selects containers of an engine; a snapshot of each file system is kept as an image.
 */
export interface ContainerSelector {
  from?: From;
  include?: Include;
  exclude?: Exclude;
  labels?: Labels;
  optional?: Optional;
  as?: As;
  keepConfig?: KeepConfig;
  changes?: Changes;
}
/**
 * Where the kit goes and in what form.
 */
export interface Output {
  /**
   * The kit folder, relative to the bundles file. {name} and {version} stand for the bundle's. Default dist/{name}-{version}.
   */
  path?: string;
  /**
   * Compression of layers that arrive uncompressed, as those of the classic Docker store do. Default zstd.
   */
  layers?: 'zstd' | 'gzip' | 'none';
  /**
   * Splits the archive into volumes of at most this size: bytes, a size such as 4GiB or 650MB, or a preset (fat32, dvd).
   */
  volumeSize?: string | number;
}
/**
 * How the kit is signed.
 */
export interface Sign {
  /**
   * Where the private key is: a path outside git, env:NAME of a variable that holds the PEM, agent:FINGERPRINT of a key in ssh-agent, or exec:COMMAND that signs with a KMS or token, or prints the PEM. Never the key itself.
   */
  key: string;
  /**
   * The public key (PEM) of an exec:COMMAND that signs. Default: the trusted key that its signature fits.
   */
  publicKey?: string;
}
/**
 * How to reach registry hosts, by HOST or HOST:PORT. A bundles file adds to registries.yaml of the person ($XDG_CONFIG_HOME/airkit) and of the machine (/etc/airkit): of each host, each setting comes from the first of the three that has it.
 */
export interface Registries {
  [k: string]: Registry;
}
/**
 * How to reach one registry host.
 */
export interface Registry {
  /**
   * Hosts asked first, in this order, as HOST[:PORT][/PREFIX]. The host itself is asked last.
   */
  mirrors?: string[];
  /**
   * Most manifest requests in a time, such as 100/6h, 10/s or 600/10m.
   */
  rateLimit?: string;
  /**
   * Most requests in flight at once.
   */
  concurrency?: number;
  /**
   * PEM file of certificate authorities trusted for this host, relative to this file.
   */
  ca?: string;
  /**
   * PEM file of the client certificate, relative to this file. Needs key.
   */
  cert?: string;
  /**
   * PEM file of the client certificate's key, relative to this file. Needs cert.
   */
  key?: string;
  /**
   * Speak HTTP without TLS to this host. Default false.
   */
  plainHttp?: boolean;
}
/**
 * One named set of images, packed into one kit. Holds images, containers or both.
 */
export interface Bundle {
  /**
   * Name of the bundle, unique in the file; part of the kit's folder name.
   */
  name: string;
  version?: Version;
  serial?: Serial;
  expires?: Expires;
  description?: Description;
  images?: Images;
  containers?: Containers;
  rename?: Rename;
  output?: Output;
  sign?: Sign;
}
