/** What registries, engines and clients say. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseContainer, parseListedContainer } from '../../../src/content/parse-container.ts';
import { parseJson, type JsonValue } from '../../../src/oci/json.ts';
import { parseListenAddress } from '../../../src/serving/listen-address.ts';
import { parseHtpasswd } from '../../../src/serving/htpasswd.ts';
import { parseRequestTarget } from '../../../src/serving/parse-request.ts';
import { parseRange } from '../../../src/serving/byte-range.ts';
import {
  parseHistorySizes,
  parseImage,
  parseInfo,
  parseList,
} from '../../../src/transports/podman/podman.ts';
import { parseChallenges } from '../../../src/transports/registry/challenge.ts';
import { findCredential } from '../../../src/transports/registry/credentials.ts';
import { parseMessages } from '../../../src/transports/registry/failure.ts';
import { redirected } from '../../../src/transports/registry/http.ts';
import { parseLinks } from '../../../src/transports/registry/link.ts';
import { parseRetryAfter } from '../../../src/transports/registry/retry.ts';
import { jsonModel, textModel, type Model } from '../model.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const timing = { now: () => Date.UTC(2026, 0, 1), sleep: async () => undefined };

const headerModels: readonly Model[] = [
  textModel({
    name: 'parseChallenges',
    parse: parseChallenges,
    holds: (challenges) => {
      for (const { scheme, parameters } of challenges) {
        assert.match(scheme, /^[!-~]+$/);
        for (const name of parameters.keys()) assert.equal(name, name.toLowerCase());
      }
    },
  }),
  textModel({
    name: 'parseLinks',
    parse: parseLinks,
    holds: (links) => {
      for (const { target } of links) assert.match(target, /^[!-~]*$/);
    },
  }),
  textModel({
    name: 'parseRetryAfter',
    parse: (text) => parseRetryAfter(text, timing),
    holds: (milliseconds) => assert.ok(milliseconds >= 0 && Number.isFinite(milliseconds)),
  }),
  textModel({
    name: 'redirected',
    weight: 2,
    parse: (location) => {
      const url = new URL('https://registry.example/v2/a/blobs/x');
      const headers = { authorization: 'Basic secret', range: 'bytes=1-' };
      try {
        return redirected({ method: 'GET', url, headers }, location);
      } catch (error) {
        assert.match(String(error), /^Error: a redirect /);
        return undefined;
      }
    },
    holds: ({ url, headers: sent }) => {
      assert.equal(url.protocol, 'https:');
      assert.doesNotMatch(url.hostname, /^(?:127\.|0\.|169\.254\.|localhost\.?$|\[::1?\])/);
      assert.equal('authorization' in sent, url.origin === 'https://registry.example');
    },
  }),
  textModel({
    name: 'parseRange',
    parse: (text) => parseRange(text, 1000),
    holds: (range) => {
      if (range === 'unsatisfiable') return;
      assert.ok(range.offset >= 0 && range.length >= 1 && range.offset + range.length <= 1000);
    },
  }),
  textModel({
    name: 'parseRequestTarget',
    parse: parseRequestTarget,
    holds: ({ route }) => {
      if ('name' in route) assert.match(route.name, /^[a-z0-9][a-z0-9._/-]*$/);
      if ('digest' in route) assert.doesNotMatch(route.digest, /[/\s]|\.\./);
    },
  }),
  textModel({
    name: 'parseListenAddress',
    parse: parseListenAddress,
    holds: ({ port }) => assert.ok(Number.isInteger(port) && port >= 0 && port <= 65_535),
  }),
  textModel({
    name: 'parseHtpasswd',
    parse: (text) => parseHtpasswd(text, 'htpasswd'),
    holds: (users) => {
      for (const hash of users.values())
        assert.match(hash, /^\$2[aby]\$(?:0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/);
    },
  }),
];

/** A document of a daemon: read as JSON first, then by its own function. */
function answerModel<Value>(
  name: string,
  parse: (value: JsonValue) => Value,
  holds: (value: Value) => void,
): Model {
  return jsonModel({ name, parse: (bytes) => parse(parseJson(bytes, { where: 'answer' })), holds });
}

const answerModels: readonly Model[] = [
  jsonModel({
    name: 'parseMessages',
    parse: parseMessages,
    holds: (messages) => {
      assert.ok(messages.length <= 3);
      for (const { code, message } of messages) assert.equal(typeof code, typeof message);
    },
  }),
  answerModel('parseInfo', parseInfo, ({ platform, hostname = '' }) => {
    assert.equal(typeof platform.os, 'string');
    assert.equal(typeof hostname, 'string');
  }),
  answerModel('parseList', parseList, (images) => {
    for (const { id, names } of images) {
      assert.match(id, DIGEST);
      assert.ok(Array.isArray(names));
    }
  }),
  answerModel('parseImage', parseImage, ({ id, diffIds, size }) => {
    for (const one of [id, ...diffIds]) assert.match(one, DIGEST);
    assert.ok(Number.isSafeInteger(size) && size >= 0);
  }),
  answerModel('parseHistorySizes', parseHistorySizes, (sizes) => {
    for (const size of sizes) assert.ok(Number.isSafeInteger(size) && size >= 0);
  }),
  answerModel('parseListedContainer', parseListedContainer, ({ id, name }) => {
    assert.equal(typeof id, typeof name);
  }),
  answerModel('parseContainer', parseContainer, ({ size, mounts }) => {
    assert.ok(Number.isSafeInteger(size) && size >= 0);
    assert.deepEqual([...new Set(mounts)], mounts);
  }),
];

/** Files of logins, written into a folder. A helper of any other name than these letters must never be asked. */
function credentialModel(folder: string): Model {
  return jsonModel({
    name: 'findCredential',
    parse: async (bytes) => {
      writeFileSync(join(folder, 'config.json'), bytes);
      return findCredential({
        host: 'registry.example:5000',
        environment: { DOCKER_CONFIG: folder },
        ask: async ({ helper }) => {
          assert.match(helper, /^[A-Za-z0-9._-]+$/);
          return {};
        },
      });
    },
    holds: ({ credential = {} }) => {
      for (const part of Object.values(credential))
        assert.ok(part === undefined || typeof part === 'string');
    },
  });
}

export function networkModels(folder: string): Model[] {
  return [...headerModels, ...answerModels, credentialModel(folder)];
}
