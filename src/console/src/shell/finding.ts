/** The resources that "Find" knows: the first page of each list, and further pages as long as what is typed wants them. */
import { finds } from '../screens';
import type { Find, Found } from '../screens/found';

const MOST_PAGES = 200;

export interface Finding {
  found: () => Found[];
  /** Read on until `enough` is true, or all has been read. */
  read: (enough: () => boolean, signal: AbortSignal) => Promise<void>;
}

export function finding(life: AbortSignal, redraw: () => void): Finding {
  const lists = finds.map(find => new List(find, life, redraw));
  return {
    found: () => lists.flatMap(list => list.rows),
    read: async (enough, signal) => {
      await Promise.all(lists.map(list => list.begin()));
      for (const list of lists)
        for (let pages = 0; pages < MOST_PAGES && list.next && !enough() && !signal.aborted; pages++)
          await list.readOn();
    },
  };
}

class List {
  rows: Found[] = [];
  next: string | undefined;
  private begun: Promise<void> | undefined;
  private reading: Promise<void> | undefined;

  constructor(
    private find: Find,
    private life: AbortSignal,
    private redraw: () => void,
  ) {}

  begin(): Promise<void> {
    return (this.begun ??= this.readOn());
  }

  /** Nothing is read twice, however many ask. */
  readOn(): Promise<void> {
    return (this.reading ??= this.readPage().finally(() => (this.reading = undefined)));
  }

  /** A service that refuses its list (a user without permission) is left out. */
  private async readPage(): Promise<void> {
    try {
      const { items, next } = await this.find(this.next, this.life);
      this.rows.push(...items);
      this.next = next;
    } catch {
      this.next = undefined;
    }
    if (!this.life.aborted) this.redraw();
  }
}
