/** Which places of which kinds are definite. */
import { describe, expect, test } from 'vitest';
import { scanText } from '../../../src/discovery/scan-text.ts';
import { formatFamiliar } from '../../../src/oci/reference.ts';

function found(text: string): Record<string, string> {
  const { images } = scanText({ file: 'a.yaml', text });
  return Object.fromEntries(
    images.map(({ reference, certainty }) => [formatFamiliar(reference), certainty]),
  );
}

const spec = 'spec: { containers: [{ image: "a:1" }] }';
const template = `spec: { template: { ${spec} } }`;

describe('kinds', () => {
  test.each([
    ['v1', 'Pod', spec],
    ['v1', 'PodTemplate', `template: { ${spec} }`],
    ['v1', 'ReplicationController', template],
    ['apps/v1', 'ReplicaSet', template],
    ['apps/v1', 'Deployment', template],
    ['extensions/v1beta1', 'Deployment', template],
    ['apps/v1', 'StatefulSet', template],
    ['apps/v1', 'DaemonSet', template],
    ['batch/v1', 'Job', template],
    ['batch/v1beta1', 'CronJob', `spec: { jobTemplate: { ${template} } }`],
    ['v1', 'PodList', `items: [{ ${spec} }]`],
    [
      'apps/v1',
      'DeploymentList',
      `items: [{ apiVersion: apps/v1, kind: Deployment, ${template} }]`,
    ],
  ])('%s %s is known', (apiVersion, kind, rest) => {
    expect(found(`apiVersion: ${apiVersion}\nkind: ${kind}\n${rest}`)).toEqual({
      'a:1': 'definite',
    });
  });

  test.each([
    ['argoproj.io/v1alpha1', 'Rollout', template],
    ['serving.knative.dev/v1', 'Service', template],
    ['batch.volcano.sh/v1alpha1', 'Job', template],
    ['acme.example.com/v1', 'Thing', 'spec: { image: "a:1" }'],
    ['acme.example.com/v1', 'Thing', 'spec: { image: { repository: a, tag: "1" } }'],
    ['acme.example.com/v1', 'Thing', 'spec: { image: { name: a, tag: 1 } }'],
    ['acme.example.com/v1', 'Thing', 'spec: { images: ["a:1"] }'],
    ['acme.example.com/v1', 'Thing', 'spec: { sidecarImage: "a:1" }'],
    ['acme.example.com/v1', 'Thing', 'spec: { env: [{ name: RELATED_IMAGE_A, value: "a:1" }] }'],
    ['acme.example.com/v1', 'Thing', 'spec: { args: ["--a-image=a:1"] }'],
    ['acme.example.com/v1', 'Thing', 'spec: { image: { type: string, default: "a:1" } }'],
    ['v1', 'ConfigMap', `data: { a.json: '{"image": "a:1"}' }`],
    ['v1', 'Secret', `stringData: { a.toml: 'image = "a:1"' }`],
    ['argoproj.io/v1alpha1', 'Application', `spec: { source: { helm: { values: 'image: a:1' } } }`],
    [
      'helm.toolkit.fluxcd.io/v2',
      'HelmRelease',
      'spec: { values: { image: { repository: a, tag: "1" } } }',
    ],
  ])('%s %s may mean it: %s', (apiVersion, kind, rest) => {
    expect(found(`apiVersion: ${apiVersion}\nkind: ${kind}\n${rest}`)).toEqual({
      'a:1': 'possible',
    });
  });

  test.each([
    ['v1', 'Pod', 'status: { containerStatuses: [{ image: "a:1" }] }'],
    ['v1', 'Service', 'metadata: { name: image }'],
    ['acme.example.com/v1', 'Thing', 'spec: { imagePullPolicy: Always, repository: a }'],
    ['acme.example.com/v1', 'Thing', 'spec: { args: ["--listen=host:80", "--mode=a"] }'],
    ['acme.example.com/v1', 'Thing', 'spec: { env: [{ name: IMAGE_TAG, value: "1" }] }'],
    ['acme.example.com/v1', 'Thing', 'spec: { env: [{ name: REDIS, value: "redis:6379" }] }'],
    ['acme.example.com/v1', 'Thing', 'spec: { env: [{ name: URL, value: "http://a/b:80" }] }'],
  ])('%s %s names none: %s', (apiVersion, kind, rest) => {
    expect(found(`apiVersion: ${apiVersion}\nkind: ${kind}\n${rest}`)).toEqual({});
  });

  test.each([
    ['acme.example.com/v1', 'Thing', 'spec: { env: [{ name: WORKER, value: "a/b:1" }] }'],
    ['apps/v1', 'Deployment', 'spec: { env: [{ name: WORKER, value: "a/b:1" }] }'],
  ])('%s %s may mean a value with a path and a tag: %s', (apiVersion, kind, rest) => {
    expect(found(`apiVersion: ${apiVersion}\nkind: ${kind}\n${rest}`)).toEqual({
      'a/b:1': 'possible',
    });
  });

  test('a shape without its own registry, with a digest, is one reference', () => {
    const digest = 'b'.repeat(64);
    const text = `apiVersion: a.b/v1\nkind: C\nspec: { image: { registry: quay.io, repository: x/y, tag: 1.30, digest: "sha256:${digest}" } }`;
    expect(found(text)).toEqual({ [`quay.io/x/y:1.30@sha256:${digest}`]: 'possible' });
  });

  test('the placeholder of a sidecar injector is told', () => {
    const { images, problems } = scanText({
      file: 'gateway.yaml',
      text: 'apiVersion: v1\nkind: Pod\nspec: { containers: [{ image: auto }] }',
    });
    expect(images).toEqual([]);
    expect(problems).toMatchObject([{ code: 'PLACEHOLDER', line: 3 }]);
  });
});

test('a list has comments, blank lines, columns, and any line ends', () => {
  const text = '\uFEFF# all\r\na:1\r\n\r\n  b:2 # why\r\nghcr.io/c/d:3\tsha256:1\tdocker\r\n';
  const { images, problems } = scanText({ file: 'images.txt', text });
  expect(problems).toEqual([]);
  expect(images.map(({ place: { line, column } }) => [line, column])).toEqual([
    [2, 1],
    [4, 3],
    [5, 1],
  ]);
});

test('helm’s comments say which template an image is from', () => {
  const pod = 'apiVersion: v1\nkind: Pod\nspec: { containers: [{ image: "a:1" }] }';
  const text = `---\n# Source: shop/templates/pod.yaml\n${pod}\n---\n${pod}\n`;
  const { images } = scanText({ file: '<stdin>', text });
  expect(images.map(({ place }) => place.template)).toEqual(['shop/templates/pod.yaml', undefined]);
});

test.each([
  ['truncated JSON', '{"apiVersion":"v1","kind":"Pod"', { code: 'YAML_SYNTAX', severity: 'error' }],
  ['broken settings of another program', 'a: b: c', { code: 'YAML_SYNTAX', severity: 'warning' }],
  [
    'values of a chart',
    'services: { web: { port: 80 } }',
    { code: 'NOT_RECOGNISED', severity: 'warning' },
  ],
  [
    'an image that stands twice',
    `apiVersion: v1\nkind: Pod\n${spec}\n${spec}`,
    { code: 'DUPLICATE_KEY', severity: 'warning' },
  ],
])('%s: told', (_, text, told) => {
  const { problems } = scanText({ file: 'a.yaml', text });
  expect(problems).toMatchObject([told]);
});

test('bare words are a list', () => {
  expect(found('nginx\nredis\n')).toEqual({ nginx: 'definite', redis: 'definite' });
});
