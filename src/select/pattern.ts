import { minimatch } from 'minimatch';
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
 * is no negation and no extglob. At most 256 brace expansions are made.
 */
export function compilePattern(text: string): Pattern {
  const glob = text.replaceAll('/', SLASH);
  const options = {
    dot: true,
    nonegate: true,
    nocomment: true,
    noext: true,
    noglobstar: true,
    platform: 'linux',
    braceExpandMax: 256,
  } as const;
  return {
    text,
    matches: (forms) => forms.some((form) => minimatch(form.replaceAll('/', SLASH), glob, options)),
  };
}

/** The four forms that a pattern is tried against: familiar and canonical, each with and without tag (or digest). */
export function referenceForms(reference: Reference): string[] {
  return [
    formatFamiliar(reference),
    familiarName(reference),
    formatReference(reference),
    canonicalName(reference),
  ];
}
