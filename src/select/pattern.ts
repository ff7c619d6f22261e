import { Minimatch } from 'minimatch';
import { splitAddress } from '../oci/ipv6-host.ts';
import {
  canonicalName,
  familiarName,
  formatFamiliar,
  formatReference,
  type Reference,
} from '../oci/reference.ts';

/** A glob, ready to be tried. */
export interface Pattern {
  readonly text: string;
  /** True when one of the forms matches as a whole. */
  matches(forms: readonly string[]): boolean;
}

/** Stands for the slash, which minimatch would not let `*` cross. Private use, so no reference holds it. */
const SLASH = '\uE000';

/**
 * An anchored, case-sensitive glob: `*`, `?`, `[…]`, `{a,b}`, where `*` crosses `/` and `:` as it would for grep. There
 * is no negation and no extglob. The address in `[::1]:5000/*` is a host, not a set of characters. At most 256 brace
 * expansions are made.
 */
export function compilePattern(text: string): Pattern {
  const { escaped, rest } = splitAddress(text);
  const glob = `${escaped}${rest}`.replaceAll('/', SLASH);
  const options = {
    dot: true,
    nonegate: true,
    nocomment: true,
    noext: true,
    noglobstar: true,
    platform: 'linux',
    braceExpandMax: 256,
  } as const;
  const compiled = new Minimatch(glob, options);
  return {
    text,
    matches: (forms) => forms.some((form) => compiled.match(form.replaceAll('/', SLASH))),
  };
}

/** What names are relative to in a `registry://HOST/PREFIX` selector. */
export interface NameBase {
  readonly host?: string | undefined;
  /** Without slashes at its ends. */
  readonly prefix?: string | undefined;
}

/**
 * The four forms that a pattern is tried against: familiar and canonical, each with and without tag (or digest); and
 * those that are relative to a selector's registry.
 */
export function referenceForms(reference: Reference, base: NameBase = {}): string[] {
  const forms = [
    formatFamiliar(reference),
    familiarName(reference),
    formatReference(reference),
    canonicalName(reference),
  ];
  return [...forms, ...relativeForms(forms, base)];
}

function relativeForms(forms: readonly string[], { host, prefix }: NameBase): string[] {
  if (host === undefined) return [];
  const start = prefix === undefined ? `${host}/` : `${host}/${prefix}/`;
  return forms.filter((form) => form.startsWith(start)).map((form) => form.slice(start.length));
}
