/** Keys, signatures, and files of trusted and revoked keys: what is accepted here decides what is loaded. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { parseAllowedSigners } from '../../../src/signing/allowed-signers.ts';
import { formatEcdsaDer, parseEcdsaDer } from '../../../src/signing/ecdsa-signature.ts';
import { readSignerOutput } from '../../../src/signing/exec-output.ts';
import { parsePem } from '../../../src/signing/pem.ts';
import { readPrivateKey } from '../../../src/signing/private-key.ts';
import type { PublicKey } from '../../../src/signing/public-key.ts';
import { readKeyEntries } from '../../../src/signing/public-keys.ts';
import { parseRevokedKeys } from '../../../src/signing/revoked-keys.ts';
import { parseSignatureFileName } from '../../../src/signing/signature-files.ts';
import { formatSigstoreBundle, parseSigstoreBundle } from '../../../src/signing/sigstore-bundle.ts';
import { parseIdentities, parseSignResponse } from '../../../src/signing/ssh-agent-messages.ts';
import { parseSshKeyBlob } from '../../../src/signing/ssh-key-blob.ts';
import { formatSshSignature, parseSshSignature } from '../../../src/signing/ssh-signature.ts';
import { parseSshTime } from '../../../src/signing/ssh-time.ts';
import { seedsOf } from '../corpus.ts';
import { bytesModel, jsonModel, modelOf, textModel, type Model } from '../model.ts';
import { textNear } from '../mutations.ts';

const KEY_ID = /^SHA256:[A-Za-z0-9+/]{43}=?$/;

function requireKeys(keys: readonly PublicKey[]): void {
  for (const { keyId, sshBlob, keyObject } of keys) {
    assert.match(keyId, KEY_ID);
    assert.equal(keyObject.type, 'public');
    assert.equal(parseSshKeyBlob(sshBlob)?.keyId, keyId);
  }
}

/** Private keys do not lie in a corpus: the good ones are made here. */
function privateKeyModel(): Model {
  const good = ['prime256v1', 'secp384r1'].flatMap((namedCurve) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve });
    return (['pkcs8', 'sec1'] as const).map((type) =>
      String(privateKey.export({ type, format: 'pem' })),
    );
  });
  const seeds = [...good, ...seedsOf('readPrivateKey').map(String)];
  return modelOf(
    {
      name: 'readPrivateKey',
      parse: async (text: string) => readPrivateKey(text),
      holds: ({ publicKey }) => requireKeys([publicKey]),
    },
    { cases: textNear(seeds), seeds },
  );
}

export const signingModels: readonly Model[] = [
  bytesModel({
    name: 'parseSshSignature',
    weight: 2,
    parse: parseSshSignature,
    holds: (signature, bytes) => assert.ok(formatSshSignature(signature).equals(bytes)),
  }),
  jsonModel({
    name: 'parseSigstoreBundle',
    weight: 2,
    parse: parseSigstoreBundle,
    holds: (bundle, bytes) => assert.ok(formatSigstoreBundle(bundle).equals(bytes)),
  }),
  bytesModel({
    name: 'parseEcdsaDer',
    parse: parseEcdsaDer,
    holds: (signature, bytes) => {
      assert.ok(formatEcdsaDer(signature).equals(bytes));
      assert.ok(bytes.byteLength <= 72);
    },
  }),
  bytesModel({
    name: 'parseSshKeyBlob',
    parse: parseSshKeyBlob,
    holds: ({ sshBlob }, bytes) => assert.ok(sshBlob.equals(bytes)),
  }),
  textModel({
    name: 'parseAllowedSigners',
    weight: 2,
    parse: parseAllowedSigners,
    holds: (entries) => {
      requireKeys(entries.map(({ key }) => key));
      for (const { validAfter = 0, validBefore = Infinity, text } of entries) {
        assert.ok(validAfter < validBefore);
        assert.deepEqual(parseAllowedSigners(text).length, 1, 'a line stands for itself');
      }
    },
  }),
  textModel({
    name: 'readKeyEntries',
    parse: (text) => readKeyEntries(text, { path: 'case' }),
    holds: (entries) => {
      assert.ok(entries.length > 0);
      requireKeys(entries.map(({ key }) => key));
    },
  }),
  textModel({
    name: 'parseRevokedKeys',
    parse: (text) => parseRevokedKeys(text, { path: 'case' }),
    holds: (names) => {
      for (const name of names) assert.match(name, KEY_ID);
    },
  }),
  textModel({
    name: 'parseSshTime',
    parse: parseSshTime,
    holds: (time) => assert.ok(Number.isSafeInteger(time)),
  }),
  textModel({
    name: 'parseSignatureFileName',
    parse: parseSignatureFileName,
    holds: (file, name) => {
      assert.equal(file.name, name);
      assert.doesNotMatch(name, /[/\\\s]/);
    },
  }),
  textModel({
    name: 'parsePem',
    parse: parsePem,
    holds: (blocks) => {
      for (const { text, label } of blocks)
        assert.deepEqual(
          parsePem(text).map((one) => one.label),
          [label],
        );
    },
  }),
  privateKeyModel(),
  bytesModel({
    name: 'readSignerOutput',
    parse: readSignerOutput,
    holds: (signatures) => {
      for (const one of signatures) assert.ok(one.byteLength <= 72);
    },
  }),
  bytesModel({
    name: 'parseIdentities',
    parse: parseIdentities,
    holds: (identities, message) => {
      const bytes = identities.reduce((sum, { blob }) => sum + blob.byteLength, 0);
      assert.ok(bytes <= message.byteLength);
    },
  }),
  bytesModel({
    name: 'parseSignResponse',
    parse: parseSignResponse,
    holds: (blob, message) => assert.ok(blob.byteLength === message.byteLength - 5),
  }),
];
