import { Buffer } from 'node:buffer';
import { keyInvalid } from './key-error.ts';

/** One armoured block of a text (RFC 7468). */
export interface PemBlock {
  /** Such as `PUBLIC KEY`. */
  readonly label: string;
  /** The lines between, joined without line ends; headers of old encrypted keys are among them. */
  readonly body: string;
  /** The whole block, as OpenSSL reads it. */
  readonly text: string;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]+)-----\s*$/;
const BASE64_COLUMNS = 64;

/**
 * Finds the armoured blocks of a text; what stands between them is left out, as OpenSSL does.
 *
 * @throws AirkitError KEY_INVALID for a block that never ends
 */
export function parsePem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { label: string; lines: string[] } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const label = BEGIN.exec(line)?.[1];
    if (open === undefined) {
      if (label !== undefined) open = { label, lines: [] };
    } else if (line.trimEnd() === `-----END ${open.label}-----`) {
      blocks.push(closeBlock(open.label, open.lines));
      open = undefined;
    } else {
      open.lines.push(line.trimEnd());
    }
  }
  if (open !== undefined) throw keyInvalid(`the ${open.label} block has no end: it is cut off`);
  return blocks;
}

/** Armours bytes: base64 in lines of 64 characters, with a line end after the last line. */
export function formatPem(label: string, bytes: Uint8Array): string {
  const lines = wrapBase64(bytes, BASE64_COLUMNS);
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** Base64 in lines of `columns` characters, without a line end after the last. */
export function wrapBase64(bytes: Uint8Array, columns: number): string {
  const text = Buffer.from(bytes).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += columns) lines.push(text.slice(at, at + columns));
  return lines.join('\n');
}

function closeBlock(label: string, lines: readonly string[]): PemBlock {
  const text = [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
  return { label, body: lines.join(''), text };
}
