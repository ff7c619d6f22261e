/** All that steers a terminal or turns text round: controls (C0, DEL, C1), format characters, other line ends. */
const STEERING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text for a person's terminal: names, paths and what registries and engines say may hold escape sequences, which are
 * shown as JSON would write them (`\u001b`), so that a JSON document means the same after it. Line ends and tabs stay:
 * airkit's own layout needs them.
 */
export function printable(text: string): string {
  return text.replaceAll(STEERING, (found) =>
    found === '\n' || found === '\t' ? found : shown(found),
  );
}

/** {@link printable} for a text that is part of a line: what it says must not look like a line of airkit's own. */
export function oneLine(text: string): string {
  return printable(
    text
      .trimEnd()
      .replaceAll(/\s*\n\s*/g, '; ')
      .replaceAll('\t', ' '),
  );
}

function shown(found: string): string {
  const units = Array.from({ length: found.length }, (_, at) => found.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
