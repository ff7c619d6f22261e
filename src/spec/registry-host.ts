import { AirkitError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';
import type { Complaint } from './complaint.ts';

const COMPONENT = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const HOST = new RegExp(
  `^(?:${COMPONENT}(?:\\.${COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`,
);
const MAX_LENGTH = 255;

/** True for HOST[:PORT] as references and SSH addresses write it. */
export function isHost(text: string): boolean {
  return text.length <= MAX_LENGTH && HOST.test(text) && URL.canParse(`http://${text}`);
}

/**
 * What is wrong with the host of a registry, if anything. References take their first part for a host only when it
 * has a dot or a port, or is `localhost`: any other host could never be named.
 */
export function registryHostComplaint(text: string): Complaint | undefined {
  if (/^https?:\/\//.test(text)) {
    return invalid(`${quote(text)} is an address`, `Write the host alone: ${quote(bare(text))}`);
  }
  if (text.includes('@')) {
    return invalid(
      'the address holds a user name or password',
      'Credentials do not belong in the file: run `docker login`.',
    );
  }
  if (!isHost(text)) return invalid(`${quote(text)} is not a registry host`, HINT);
  if (/[.:]/.test(text) || text === 'localhost') return undefined;
  return invalid(
    `${quote(text)} has neither dot nor port, so references would read it as a part of docker.io`,
    `Write the port too: ${quote(`${text}:443`)}`,
  );
}

/** What is wrong with HOST[:PORT][/PREFIX], if anything. */
export function registryPrefixComplaint(text: string): Complaint | undefined {
  const { host, prefix } = splitHost(text);
  const complaint = registryHostComplaint(/^https?:\/\//.test(text) ? text : host);
  if (complaint !== undefined || prefix === undefined) return complaint;
  if (/[:@*?]/.test(prefix)) {
    return invalid(
      `${quote(prefix)} is more than the start of a name`,
      'Put tags, digests and patterns in `include`.',
    );
  }
  try {
    parseReference(`${host}/${prefix}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof AirkitError)) throw error;
    return invalid(error.message, HINT);
  }
}

/** Splits `HOST[:PORT][/PREFIX]`; slashes at the end are dropped. */
export function splitHost(text: string): { host: string; prefix?: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { host: text };
  const prefix = text.slice(slash + 1).replace(/\/{1,9}$/, '');
  return prefix === '' ? { host: text.slice(0, slash) } : { host: text.slice(0, slash), prefix };
}

const HINT = 'Write HOST, HOST:PORT or HOST/PREFIX, such as ghcr.io or registry.local:5000/team.';

function invalid(message: string, hint: string): Complaint {
  return { code: 'SOURCE_INVALID', message, hint };
}

function bare(address: string): string {
  return address.replace(/^https?:\/\//, '').replace(/\/{1,9}$/, '');
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, MAX_LENGTH));
}
