import { AirkitError } from '../errors.ts';
import {
  canonicalName,
  formatReference,
  parseReference,
  type Reference,
} from '../oci/reference.ts';

/** One rule: names that match `from` become `to`; each `*` of `to` takes what the `*` in its place matched. */
export interface RenameRule {
  readonly from: string;
  readonly to: string;
}

/**
 * Applies the first rule that matches the canonical name; tag and digest stay. A rule whose `from` states a tag is tried
 * on the whole reference, and its `to` states the new one.
 *
 * @throws AirkitError REFERENCE_INVALID when the result is no reference, USAGE when `to` has more `*` than `from`
 */
export function renameReference(reference: Reference, rules: readonly RenameRule[]): Reference {
  for (const rule of rules) {
    const whole = hasSuffix(rule.from);
    const subject = whole ? formatReference(reference) : canonicalName(reference);
    const captured = toRegExp(rule.from).exec(subject);
    if (captured === null) continue;
    const renamed = parseReference(fill(rule, captured.slice(1)));
    return whole
      ? renamed
      : { ...reference, registry: renamed.registry, repository: renamed.repository };
  }
  return reference;
}

function hasSuffix(text: string): boolean {
  return text.includes('@') || text.lastIndexOf(':') > text.lastIndexOf('/');
}

function toRegExp(glob: string): RegExp {
  const escaped = glob.replaceAll(/[\\^$.+()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('*', '(.*)').replaceAll('?', '(.)')}$`, 's');
}

function fill({ from, to }: RenameRule, captured: readonly string[]): string {
  let next = 0;
  return to.replaceAll(/[*?]/g, () => {
    const value = captured[next];
    next += 1;
    if (value !== undefined) return value;
    throw new AirkitError(
      'USAGE',
      `rename ${JSON.stringify(from)}: ${JSON.stringify(to)} has more wildcards`,
      {
        hint: 'Each * in "to" stands for what a * in "from" matched.',
      },
    );
  });
}
