/**
 * True when a name matches a pattern list of OpenSSH (ssh_config(5) "PATTERNS"): parts between commas, `*` and `?` in
 * them, and a `!` before a part that must not match.
 */
export function matchesPatternList(name: string, list: string): boolean {
  const parts = list.split(',');
  const matches = (pattern: string): boolean => expressionOf(pattern).test(name);
  if (parts.some((part) => part.startsWith('!') && matches(part.slice(1)))) return false;
  return parts.some((part) => !part.startsWith('!') && matches(part));
}

/** Runs of `*` are one: more would only take time. */
function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 's');
}
