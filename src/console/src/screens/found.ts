/** Resources as "Find" shows them. */
import type { PageOf } from '../ui/pages';

export interface Found {
  name: string;
  /** What it is: "Queue", "Table". */
  kind: string;
  to: string;
}

/** A page of a list of resources. */
export type Find = (token: string | undefined, signal: AbortSignal) => Promise<PageOf<Found>>;

/** The resources of a page, as found. */
export async function foundIn<T>(page: Promise<PageOf<T>>, found: (row: T) => Found): Promise<PageOf<Found>> {
  const { items, next } = await page;
  return { items: items.map(found), next };
}
