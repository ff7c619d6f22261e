/** At least two colons: no set of characters in a glob would name one twice. */
const BRACKETED = /^\[(?=[^\]]*:[^\]]*:)[0-9A-Fa-f:]+\](?=[:/])/;

/** A pattern for references with the address that it begins with set apart. */
export interface SplitPattern {
  /** Bracketed IPv6 address; empty without one. */
  readonly address: string;
  /** The same with a backslash before each bracket: in a glob they would enclose a set of characters. */
  readonly escaped: string;
  readonly rest: string;
}

/** Sets the host of `[::1]:5000/acme/*` apart from what may be a glob. */
export function splitAddress(pattern: string): SplitPattern {
  const [address = ''] = BRACKETED.exec(pattern) ?? [];
  const escaped = address.replaceAll(/[[\]]/g, String.raw`\$&`);
  return { address, escaped, rest: pattern.slice(address.length) };
}
