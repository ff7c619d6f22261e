/** Reads bits, the highest of each byte first. Past the end it reads zeros and says so. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #next = 0;
  #held = 0;
  #heldBits = 0;

  /** @param offset bits of the first byte to leave out, 0 to 7 */
  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.read(offset);
  }

  /** The next `count` bits as a number, at most 24. */
  read(count: number): number {
    while (this.#heldBits < count) {
      this.#held = ((this.#held << 8) | (this.#bytes[this.#next] ?? 0)) >>> 0;
      this.#next += 1;
      this.#heldBits += 8;
    }
    this.#heldBits -= count;
    return (this.#held >>> this.#heldBits) & ((1 << count) - 1);
  }

  /** The next 32 bits as an unsigned number. */
  readUint32(): number {
    return this.read(16) * 65536 + this.read(16);
  }

  /** Bits read so far, with those left out at the start. */
  get position(): number {
    return this.#next * 8 - this.#heldBits;
  }

  get isPastEnd(): boolean {
    return this.position > this.#bytes.byteLength * 8;
  }
}
