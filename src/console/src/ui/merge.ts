/** Saving what somebody has edited, where another tab or client may have changed the same thing meanwhile. */

/** The members of `edited` that differ from `opened`: the others are left as they may be by now. */
export function changesOf<T extends object>(opened: T, edited: T): Partial<T> {
  const before = new Map(Object.entries(opened));
  const changed = Object.entries(edited).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name)),
  );
  return Object.fromEntries(changed) as Partial<T>;
}

type Named = Record<string, string>;

/** What is there now, with the names and values that were added, changed and removed since `opened`. */
export function merged(opened: Named, edited: Named, now: Named): Named {
  const kept = Object.entries(now).filter(
    ([name]) => !Object.hasOwn(opened, name) || Object.hasOwn(edited, name),
  );
  return { ...Object.fromEntries(kept), ...(changesOf(opened, edited) as Named) };
}
