import type { Session } from './session.ts';

/** Mirrors that are not asked any more for paths whose content they have wrong. */
export interface PassedOver {
  /** True when it was a mirror that was asked until now, so that asking again is worthwhile. */
  readonly add: (session: Session, path: string) => boolean;
  readonly has: (session: Session, path: string) => boolean;
}

export function newPassedOver(): PassedOver {
  const byPath = new Map<string, Set<Session>>();
  return {
    add: (session, path) => {
      const passed = byPath.get(path) ?? new Set();
      if (!session.endpoint.isMirror || passed.has(session)) return false;
      byPath.set(path, passed.add(session));
      return true;
    },
    has: (session, path) => byPath.get(path)?.has(session) === true,
  };
}
