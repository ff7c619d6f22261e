import type { Platform } from '../oci/platform.ts';

/** Bytes at the start of a program that tell its machine. */
export const ELF_HEAD_BYTES = 20;

const linux = (architecture: string, variant?: string): Platform =>
  variant === undefined ? { os: 'linux', architecture } : { os: 'linux', architecture, variant };

/** Class, byte order and `e_machine` of the ELF header (System V ABI, chapter 4), and what Go calls that machine. */
const MACHINES: ReadonlyMap<string, Platform> = new Map([
  ['32 little 3', linux('386')],
  ['64 little 21', linux('ppc64le')],
  ['64 big 22', linux('s390x')],
  ['32 little 40', linux('arm', 'v7')],
  ['64 little 62', linux('amd64')],
  ['64 little 183', linux('arm64')],
  ['64 little 243', linux('riscv64')],
  ['64 little 258', linux('loong64')],
]);

/** The platform that a program or library was built for, from its first bytes; undefined for other files. */
export function platformOfProgram(head: Buffer): Platform | undefined {
  if (head.byteLength < ELF_HEAD_BYTES || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const bits = head[4] === 2 ? 64 : 32;
  const isBig = head[5] === 2;
  const read = (at: number): number => (isBig ? head.readUInt16BE(at) : head.readUInt16LE(at));
  const [kind, machine] = [read(16), read(18)];
  const isProgram = kind === 2 || kind === 3;
  return isProgram ? MACHINES.get(`${bits} ${isBig ? 'big' : 'little'} ${machine}`) : undefined;
}
