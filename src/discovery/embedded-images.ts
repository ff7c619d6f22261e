import type { Collector, PlacedNode } from './collector.ts';
import { descend, entriesOf, stringOf } from './node-members.ts';
import { likelyReference } from './possible-images.ts';

/** `image: REF`, `"proxyImage": "REF"`, `image = "REF"` in a text of any format. */
const EMBEDDED = /\b\w*image["']?[ \t]*[:=][ \t]*["']?([\w./:@-]+)/gi;

/** Members that hold texts of other programs, by kind. */
const TEXTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['ConfigMap', ['data']],
  ['Secret', ['stringData']],
  // Argo CD: the values of a chart.
  ['Application', ['spec', 'source', 'helm']],
]);

/**
 * Images in texts inside an object: templates of sidecar injectors, configuration of runners, values of charts. All are
 * possible.
 */
export function embeddedImages(object: PlacedNode, kind: string, collector: Collector): void {
  const steps = TEXTS.get(kind);
  if (steps === undefined) return;
  for (const [, at] of entriesOf(descend(object, ...steps))) {
    const text = stringOf(at.node) ?? '';
    let from = at.node.start;
    for (const [match, value = ''] of text.matchAll(EMBEDDED)) {
      const reference = likelyReference(value);
      if (reference === undefined) continue;
      const found = collector.text.indexOf(match, from);
      const isInside = found >= 0 && found < at.node.end;
      const start = isInside ? found + match.lastIndexOf(value) : at.node.start;
      from = isInside ? found + match.length : from;
      collector.possible(reference, { ...at, node: { ...at.node, start } });
    }
  }
}
