import { Buffer } from 'node:buffer';

/** `string` of RFC 4251 §5: a 32-bit length, then the bytes. */
export function sshString(value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return Buffer.concat([sshUint32(bytes.byteLength), bytes]);
}

/** `uint32` of RFC 4251 §5. */
export function sshUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Splits bytes that are nothing but `string`s; undefined when they are not. */
export function splitSshStrings(bytes: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    if (at + 4 > bytes.byteLength) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.byteLength) return undefined;
    strings.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return strings;
}
