import { AirkitError } from '../errors.ts';
import { splitAddress } from '../oci/ipv6-host.ts';
import {
  canonicalName,
  formatReference,
  parseReference,
  type Reference,
} from '../oci/reference.ts';

/** One rule: names that match `from` become `to`; each `*` (or `?`) of `to` takes what the one in its place matched. */
export interface RenameRule {
  readonly from: string;
  readonly to: string;
}

/**
 * Applies the first rule that matches the canonical name. Tag and digest stay, unless `to` states a tag. A rule whose
 * `from` states a tag is tried on the whole reference.
 *
 * @throws AirkitError REFERENCE_INVALID when the result is no reference, USAGE when `to` has more `*` than `from`
 */
export function renameReference(reference: Reference, rules: readonly RenameRule[]): Reference {
  for (const rule of rules) {
    const subject = hasSuffix(rule.from) ? formatReference(reference) : canonicalName(reference);
    const captured = capturing(rule.from).exec(subject);
    if (captured === null) continue;
    const { registry, repository, tag } = parseReference(fill(rule, captured.slice(1)));
    return { ...reference, registry, repository, ...(tag === undefined ? {} : { tag }) };
  }
  return reference;
}

function hasSuffix(text: string): boolean {
  return text.includes('@') || text.lastIndexOf(':') > text.lastIndexOf('/');
}

const SPECIAL = /\*|\?|\[!?[^\]]*\]|[{},]|[\\^$.+()[\]|]/g;

const ESCAPE = '\\';

/** A pattern (see `compilePattern`) as an expression that captures what each wildcard matched. */
function capturing(glob: string): RegExp {
  let depth = 0;
  const { escaped, rest } = splitAddress(glob);
  const body = rest.replaceAll(SPECIAL, (part) => {
    if (part === '*') return '(.*)';
    if (part === '?') return '(.)';
    if (part.length > 1) return part.replace(/^\[!/, '[^');
    if (part === '{') depth += 1;
    if (part === '{') return '(?:';
    if (part === ',' && depth > 0) return '|';
    if (part === '}' && depth > 0) {
      depth -= 1;
      return ')';
    }
    return part === ',' ? ',' : ESCAPE + part;
  });
  return new RegExp(`^${escaped}${body}$`, 's');
}

/** Each wildcard of `to` takes what the wildcard of its kind in the same place matched. */
function fill({ from, to }: RenameRule, captured: readonly string[]): string {
  const kinds = wildcardsOf(from);
  const left: Record<string, string[]> = { '*': [], '?': [] };
  for (const [position, kind] of kinds.entries()) left[kind]?.push(captured[position] ?? '');
  return to.replaceAll(/[*?]/g, (kind) => {
    const value = left[kind]?.shift();
    if (value !== undefined) return value;
    const what = `rename ${JSON.stringify(from)}: ${JSON.stringify(to)} has more wildcards`;
    throw new AirkitError('USAGE', what, {
      hint: 'Each * in "to" stands for what a * in "from" matched.',
    });
  });
}

function wildcardsOf(glob: string): string[] {
  return (glob.match(SPECIAL) ?? []).filter((part) => part === '*' || part === '?');
}
