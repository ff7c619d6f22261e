import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatIdentitiesRequest,
  formatSignRequest,
  parseIdentities,
  parseSignResponse,
  takeAgentMessage,
} from '../../../src/signing/ssh-agent-messages.ts';
import { sshString, sshUint32 } from '../../../src/signing/ssh-wire.ts';
import { makeKey } from './signed-kit.ts';

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const { publicKey: key } = await makeKey();

test('requests are framed as the protocol says', () => {
  expect(formatIdentitiesRequest().toString('hex')).toBe('000000010b');
  const request = formatSignRequest(key, Buffer.from('data'));
  const content = Buffer.concat([
    Buffer.of(13),
    sshString(key.sshBlob),
    sshString('data'),
    sshUint32(0),
  ]);
  expect(request.equals(sshString(content))).toBe(true);
  const rsa = formatSignRequest({ ...key, kind: 'ssh-rsa' }, Buffer.alloc(0));
  expect(rsa.subarray(-4).toString('hex')).toBe('00000004');
});

test('a message is taken whole, however it arrives', () => {
  fc.assert(
    fc.property(bytes, bytes, (content, more) => {
      const message = Buffer.concat([Buffer.of(12), content]);
      const framed = sshString(message);
      for (let end = 0; end < framed.byteLength; end += 1)
        expect(takeAgentMessage(framed.subarray(0, end))).toBeUndefined();
      expect(takeAgentMessage(Buffer.concat([framed, more]))).toEqual(message);
    }),
  );
  expect(takeAgentMessage(Buffer.from('00000000', 'hex'))).toBe('too-long');
  expect(takeAgentMessage(Buffer.from('ffffffff', 'hex'))).toBe('too-long');
});

describe('answers', () => {
  test('with keys are read, and refused when the count is wrong', () => {
    const identity = fc.record({ blob: bytes, comment: fc.string() });
    fc.assert(
      fc.property(fc.array(identity, { maxLength: 4 }), fc.nat(9), (identities, count) => {
        const fields = identities.flatMap(({ blob, comment }) => [
          sshString(blob),
          sshString(comment),
        ]);
        const answer = (n: number): Buffer =>
          Buffer.concat([Buffer.of(12), sshUint32(n), ...fields]);
        const read = parseIdentities(answer(identities.length));
        expect(read?.map(({ blob }) => blob)).toEqual(identities.map(({ blob }) => blob));
        if (count !== identities.length) expect(parseIdentities(answer(count))).toBeUndefined();
      }),
    );
  });

  test('of any bytes are read or undefined', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(5, 12, 14), (content, type) => {
        const message = Buffer.concat([Buffer.of(type), content]);
        if (type !== 12) expect(parseIdentities(message)).toBeUndefined();
        if (type !== 14) expect(parseSignResponse(message)).toBeUndefined();
        parseIdentities(message);
        parseSignResponse(message);
      }),
    );
  });

  test('with a signature are read, a refusal is not', () => {
    const response = Buffer.concat([Buffer.of(14), sshString('signature')]);
    expect(parseSignResponse(response)?.toString()).toBe('signature');
    expect(parseSignResponse(Buffer.of(5))).toBeUndefined();
  });
});
