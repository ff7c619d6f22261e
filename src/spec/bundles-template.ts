/** The commented bundles file that `airkit init` writes. It is valid as it stands. */
export const BUNDLES_FILE_TEMPLATE: string = `# yaml-language-server: $schema=bundles.schema.json
# What airkit packs. Check it with \`airkit validate\`, look at the result with \`airkit plan\`.
apiVersion: airkit.dev/v1
kind: Bundles

# Any field of a bundle or a selector, written once for all.
defaults:
  platforms: [linux/amd64]

# How to reach registries, where the defaults do not do.
# registries:
#   docker.io: { mirrors: ["mirror.local:5000"], rateLimit: 100/6h }
#   registry.local:5000: { ca: certs/local.pem }

bundles:
  - name: my-bundle
    version: "1.0.0" # always in quotes: YAML reads 1.30 as the number 1.3
    # serial: 1              # orders the kits of this name
    # expires: 2027-06-30    # last day on which the kit loads
    images:
      # From the local Docker engine, by pattern. * crosses / and :, as in \`docker images | grep k8s\`.
      # Quotes are needed: YAML reads an unquoted * as an alias.
      - "*k8s*"

      # From registries, without an engine.
      # - from: registry
      #   include: ["nginx:1.25", "ghcr.io/acme/api:2.*"]

      # From one registry, names relative to it; the two highest versions of each.
      # - from: registry://registry.k8s.io
      #   include: ["kube-{proxy,apiserver}:v1.30.*"]
      #   newest: 2

      # From files: an OCI layout, or what docker save wrote.
      # - from: oci:layouts/base
      # - from: docker-archive:vendor/old.tar.gz

      # What manifests, compose files, charts and lists use.
      # - discover: { kubernetes: ["deploy/**/*.yaml"], lists: [images.txt] }

    # Snapshots of containers.
    # containers:
    #   - include: ["my-app-*"]
    #     as: "snapshots/{name}:v1.0"

    # New names inside the isolated network; the first match wins.
    # rename:
    #   - { from: "ghcr.io/acme/*", to: "apps.example.com/acme/*" }

    output:
      path: "dist/{name}-{version}" # the kit folder, relative to this file
      # volumeSize: fat32           # split the archive: fat32, dvd, 4GiB, …

    # A path outside git, env:NAME, agent:KEY or exec:COMMAND. \`airkit keygen\` makes a key.
    # sign: { key: "env:AIRKIT_KEY" }
`;
