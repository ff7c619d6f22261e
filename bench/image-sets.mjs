// The images that are measured: a realistic set from Debian packages, and a small one for everyday use.

/**
 * One image: Debian packages on top of another, so that bases are shared as real images share theirs.
 *
 * @typedef {{ name: string, from: string, packages: string[] }} Recipe
 */

import { busyboxNames } from './support.mjs';

export const BASE = 'debian:bookworm-slim';

/** Bases that are built but not measured by themselves. @type {Recipe[]} */
const BASES = [
  {
    name: 'bench/kube-base:1',
    from: BASE,
    packages: ['iptables', 'ipset', 'conntrack', 'kmod', 'ebtables', 'ethtool', 'socat'],
  },
];

/** @type {Recipe[]} */
const REALISTIC = [
  recipe('registry.k8s.io/kube-apiserver:v1.30.2', 'bench/kube-base:1', ['containerd', 'runc']),
  recipe('registry.k8s.io/kube-controller-manager:v1.30.2', 'bench/kube-base:1', ['podman']),
  recipe('registry.k8s.io/kube-scheduler:v1.30.2', 'bench/kube-base:1', ['skopeo', 'umoci']),
  recipe('registry.k8s.io/kube-proxy:v1.30.2', 'bench/kube-base:1', ['haproxy']),
  recipe('registry.k8s.io/etcd:3.5.12-0', BASE, ['etcd-server', 'etcd-client']),
  recipe('registry.k8s.io/pause:3.9', 'scratch', []),
  recipe('redis:7.2', BASE, ['redis-server']),
  recipe('nginx:1.25', BASE, ['nginx-light']),
  recipe('postgres:15', BASE, ['postgresql']),
  recipe('quay.io/acme/postgres-backup:1.2.0', 'postgres:15', ['rsync', 'openssh-client']),
  recipe('python:3.11-slim', BASE, ['python3', 'python3-venv']),
  recipe('eclipse-temurin:17-jre', BASE, ['openjdk-17-jre-headless']),
  recipe('ghcr.io/acme/api:2.4.1', 'python:3.11-slim', ['python3-numpy', 'python3-psycopg2']),
  recipe('ghcr.io/acme/worker:2.4.1', 'ghcr.io/acme/api:2.4.1', [
    'python3-requests',
    'python3-yaml',
  ]),
  recipe('ghcr.io/acme/billing:1.9.0', 'eclipse-temurin:17-jre', ['libtcnative-1', 'nodejs']),
  recipe('ghcr.io/acme/ledger:1.9.0', 'ghcr.io/acme/billing:1.9.0', ['unzip']),
];

function recipe(name, from, packages) {
  return { name, from, packages };
}

/**
 * What the rows need to know of a set. `changed` is the next release of `before`, with a small layer of its own: what
 * is packed when one image changed. `small` is the image that one row takes out of the engine.
 *
 * @typedef {{
 *   folder: string, recipes?: Recipe[], names: string[], include: string[],
 *   changed: { before: string, name: string }, small: string,
 * }} ImageSet
 */

const kubeProxy = 'registry.k8s.io/kube-proxy:v1.30.2';
const kubeProxyNext = 'registry.k8s.io/kube-proxy:v1.30.3';

/** @type {ImageSet} */
export const REALISTIC_SET = {
  folder: 'realistic',
  recipes: [...BASES, ...REALISTIC, recipe(kubeProxyNext, kubeProxy, [])],
  names: REALISTIC.map(({ name }) => name),
  include: [
    'registry.k8s.io/*:v1.30.2',
    'registry.k8s.io/{etcd,pause}:*',
    'quay.io/*',
    'ghcr.io/acme/*',
    '{redis,nginx,postgres,python,eclipse-temurin}:*',
  ],
  changed: { before: kubeProxy, name: kubeProxyNext },
  small: 'registry.k8s.io/pause:3.9',
};

/** The images of the engine tests. @type {ImageSet} */
export const QUICK_SET = {
  folder: 'quick',
  names: busyboxNames,
  include: busyboxNames,
  changed: { before: 'ghcr.io/acme/api:1.4', name: 'ghcr.io/acme/api:1.5' },
  small: 'redis:7',
};
