import type { Collector, PlacedNode } from './collector.ts';
import { descend, entriesOf, stringOf } from './node-members.ts';
import { likelyReference } from './possible-images.ts';

/** `image: REF`, `"proxyImage": "REF"`, `image = "REF"` in a text of any format. */
const EMBEDDED = /\b\w*image["']?[ \t]*[:=][ \t]*["']?([\w./:@-]+)/gi;

/**
 * Images in the texts of a ConfigMap: templates of sidecar injectors, configuration of runners. All are possible.
 */
export function embeddedImages(configMap: PlacedNode, collector: Collector): void {
  for (const [, at] of entriesOf(descend(configMap, 'data'))) {
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
