/** Where documents begin, and the comment that helm puts in front of each. */
const BOUNDARY = /^(?:---(?:[ \t].*)?|# Source: (.+))$/gm;

/** Which template a place of helm's output is from, by the comment that helm puts in front of each document. */
export function templatesOf(text: string): (offset: number) => string | undefined {
  if (!text.includes('# Source: ')) return () => undefined;
  const boundaries = Array.from(text.matchAll(BOUNDARY), ({ index, 1: template }) => ({
    start: index,
    template: template?.trim(),
  }));
  return (offset) => {
    let [low, high] = [0, boundaries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((boundaries[middle]?.start ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return boundaries[low - 1]?.template;
  };
}
