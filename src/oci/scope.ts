/**
 * A registry's host as a part of repository names, which keeps images of several hosts apart in one registry. Colons
 * and brackets may not stand there: `reg.local:5000` becomes `reg.local-5000`.
 */
export function scopeOf(registry: string): string {
  return registry.toLowerCase().replaceAll(/[:[\]]+/g, '-');
}
