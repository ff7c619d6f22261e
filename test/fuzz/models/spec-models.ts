/** What people write: bundles files, locks, sizes, places, and files that name images. */
import assert from 'node:assert/strict';
import { parseEnvFile } from '../../../src/discovery/env-file.ts';
import { scanText } from '../../../src/discovery/scan-text.ts';
import { isAirkitError } from '../../../src/errors.ts';
import type { Problem } from '../../../src/errors.ts';
import { formatReference, parseReference } from '../../../src/oci/reference.ts';
import { parseTarget } from '../../../src/operations/open-target.ts';
import { compilePattern } from '../../../src/select/pattern.ts';
import { checkBundlesFile } from '../../../src/spec/check-bundles-file.ts';
import { parseKeyLocation } from '../../../src/spec/key-location.ts';
import { formatLockFile } from '../../../src/spec/lock-file.ts';
import { parseLockFile } from '../../../src/spec/parse-lock-file.ts';
import { checkRegistriesFile } from '../../../src/spec/check-registries-file.ts';
import { parseSize } from '../../../src/spec/size.ts';
import { parseSourceLocation } from '../../../src/spec/source-location.ts';
import { parseSshDestination } from '../../../src/transports/docker/ssh-destination.ts';
import { textModel, type Model } from '../model.ts';

/** Places of problems are in the text, and nothing told of it steers a terminal. */
function requirePlaces(problems: readonly Problem[], text: string): void {
  const lines = text.split('\n').length;
  for (const { line = 1, column = 1, frame = '' } of problems) {
    assert.ok(line >= 1 && line <= lines && column >= 1);
    // oxlint-disable-next-line no-control-regex -- what frames must not hold
    assert.doesNotMatch(frame, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  }
}

const host = {
  environment: {},
  directory: '/site',
  pid: 1,
  user: 'u',
  hostname: 'h',
  isRoot: false,
};

export const specModels: readonly Model[] = [
  textModel({
    name: 'checkBundlesFile',
    weight: 2,
    parse: (text) => {
      const { file, problems } = checkBundlesFile(text, { path: 'bundles.yaml' });
      requirePlaces(problems, text);
      assert.equal(file === undefined, problems.length > 0);
      return file;
    },
    holds: (file) => {
      for (const { name } of file.bundles) assert.match(name, /^[\w.+-]+$/);
    },
  }),
  textModel({
    name: 'checkRegistriesFile',
    parse: (text) => {
      const { entries, problems } = checkRegistriesFile(text, {
        path: '/etc/airkit/registries.yaml',
      });
      requirePlaces(problems, text);
      return entries;
    },
    holds: (entries) => {
      for (const registry of Object.keys(entries)) assert.ok(URL.canParse(`http://${registry}`));
    },
  }),
  textModel({
    name: 'parseLockFile',
    parse: (text) => parseLockFile(text, { path: 'bundles.lock.json' }),
    holds: (lock) => {
      const again = parseLockFile(formatLockFile(lock), { path: 'again' });
      assert.equal(formatLockFile(again), formatLockFile(lock));
    },
  }),
  textModel({
    name: 'parseSize',
    parse: parseSize,
    holds: (size) => {
      assert.ok(Number.isSafeInteger(size) && size >= 1);
      assert.equal(parseSize(String(size)), size);
    },
  }),
  textModel({
    name: 'parseSourceLocation',
    parse: (text) => parseSourceLocation(text, '/site'),
    holds: ({ path = '/', host: named, user, namespace }) => {
      assert.ok(path.startsWith('/'));
      for (const word of [named, user, namespace])
        assert.doesNotMatch(word ?? 'x', /^-|\s|\p{Cc}/u);
    },
  }),
  textModel({
    name: 'parseTarget',
    parse: (text) => parseTarget(host, text),
    holds: (target) => {
      if ('folder' in target) assert.ok(target.folder.startsWith('/'));
      if ('ssh' in target)
        assert.doesNotMatch(`${target.ssh.user ?? 'u'} ${target.ssh.host}`, /(?:^| )-/);
    },
  }),
  textModel({
    name: 'parseSshDestination',
    parse: (text) => parseSshDestination(text, 'DOCKER_HOST'),
    holds: ({ user = 'u', host: named, port = 1 }) => {
      assert.doesNotMatch(user, /^-|\s|\p{Cc}/u);
      assert.doesNotMatch(named, /^-|\s|\p{Cc}/u);
      assert.ok(port >= 0 && port <= 65_535);
    },
  }),
  textModel({
    name: 'parseKeyLocation',
    parse: (text) => parseKeyLocation(text, '/site'),
    holds: (location) => {
      if (location.kind === 'env') assert.match(location.name, /^\w+$/);
      if (location.kind === 'file') assert.ok(location.path.startsWith('/'));
    },
  }),
  textModel({
    name: 'compilePattern',
    parse: compilePattern,
    holds: (pattern) => {
      const names = ['docker.io/library/a:1', '', 'x'.repeat(200)];
      for (const name of names) assert.equal(typeof pattern.matches([name]), 'boolean');
    },
  }),
  textModel({
    name: 'parseEnvFile',
    parse: parseEnvFile,
    holds: (variables) => {
      for (const name of variables.keys()) assert.match(name, /^[A-Za-z_][\w.]*$/);
    },
  }),
  textModel({
    name: 'scanText',
    weight: 2,
    parse: (text) => scanText({ file: 'any.yaml', text }),
    holds: ({ images, problems }, text) => {
      requirePlaces(problems, text);
      for (const { reference } of images)
        assert.equal(
          formatReference(parseReference(formatReference(reference))),
          formatReference(reference),
        );
      assert.equal(
        problems.some((problem) => isAirkitError(problem)),
        false,
      );
    },
  }),
];
