import type { Complaint } from './complaint.ts';

/** Of a pattern, in UTF-16 units. No reference is longer (255 for the name, 128 for the tag, 71 for the digest). */
const MAX_LENGTH = 512;

const CLOSERS: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

/** What is wrong with a pattern, if anything. */
export function patternComplaint(pattern: string): Complaint | undefined {
  if (pattern === '') return invalid('the pattern is empty', 'Write "*" to take everything.');
  if (pattern.length > MAX_LENGTH) {
    return invalid(
      `the pattern is longer than ${MAX_LENGTH} characters`,
      'Write several patterns.',
    );
  }
  return (
    otherSyntax(pattern) ??
    addressInPattern(pattern) ??
    (/\s/.test(pattern)
      ? invalid('the pattern holds white space', 'No reference does.')
      : undefined) ??
    unbalanced(pattern)
  );
}

function otherSyntax(pattern: string): Complaint | undefined {
  if (pattern.startsWith('!')) {
    const rest = JSON.stringify(pattern.slice(1));
    return invalid('a leading ! does not negate', `Put ${rest} under \`exclude\` instead.`);
  }
  if (/[?*+@!]\(/.test(pattern)) {
    return invalid(
      'extended globs such as +(…) and !(…) are not supported',
      'Write {a,b} for alternatives, and use `exclude` for what is not wanted.',
    );
  }
  return undefined;
}

const ADDRESS =
  /^(docker|registry|https?|oci|containers-storage|docker-archive|oci-archive):(\/\/)?/;

/** A transport in front of a reference, as skopeo writes it. `oci:1.2` is an image, so only some count without `//`. */
function addressInPattern(pattern: string): Complaint | undefined {
  const [start = '', transport = '', slashes] = ADDRESS.exec(pattern) ?? [];
  if (start === '' || (slashes === undefined && !transport.endsWith('-archive'))) return undefined;
  const rest = pattern.slice(start.length);
  const from =
    transport.endsWith('archive') || transport === 'oci' ? `${transport}:${rest}` : 'registry';
  const hint =
    from === 'registry'
      ? `Write the source in \`from\`: { from: registry, include: [${JSON.stringify(rest)}] }, or from: "registry://HOST" (not ${start}).`
      : `Write it in \`from\`: ${JSON.stringify(from)}.`;
  return invalid(`a pattern is matched against references, which hold no ${start}`, hint);
}

/** Finds brackets and braces that do not pair up. A backslash takes the next character literally. */
function unbalanced(pattern: string): Complaint | undefined {
  const braces: number[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at];
    if (character === '\\') at++;
    else if (character === '{') braces.push(at);
    else if (character === '}' && braces.pop() === undefined) return unopened('}');
    else if (character === ']') return unopened(']');
    else if (character === '[') {
      const end = classEnd(pattern, at);
      if (end < 0) return unclosed('[');
      at = end;
    }
  }
  return braces.length === 0 ? undefined : unclosed('{');
}

/** Position of the `]` that ends a class. Directly after `[`, `[!` or `[^` it stands for itself. */
function classEnd(pattern: string, start: number): number {
  const negated = pattern[start + 1] === '!' || pattern[start + 1] === '^';
  return pattern.indexOf(']', start + (negated ? 3 : 2));
}

function unclosed(opener: string): Complaint {
  return invalid(
    `${opener} is not closed by ${CLOSERS[opener] ?? ''}`,
    `Close it, or write \\${opener} where the character is meant.`,
  );
}

function unopened(closer: string): Complaint {
  return invalid(`${closer} closes nothing`, `Remove it, or write \\${closer}.`);
}

function invalid(message: string, hint: string): Complaint {
  return { code: 'PATTERN_INVALID', message, hint };
}
