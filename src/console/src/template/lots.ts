/** Some requests at a time, however many resources there are. */
import type { Entry } from './template';

const AT_ONCE = 6;

/** The entries of all rows; `told` gets those of each lot as soon as they are read. */
export async function inLots<T>(
  rows: T[],
  read: (row: T) => Promise<Entry[]>,
  told?: (lot: Entry[]) => void,
): Promise<Entry[]> {
  const all: Entry[] = [];
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    const lot = (await Promise.all(rows.slice(at, at + AT_ONCE).map(read))).flat();
    all.push(...lot);
    told?.(lot);
  }
  return all;
}
