/** Columns of values above each other: each is the sum of those up to it; what is missing adds nothing. */
export function stack(columns: (number | null)[][]): number[][] {
  let below: number[] = [];
  return columns.map(column => (below = column.map((value, at) => (below[at] ?? 0) + (value ?? 0))));
}
