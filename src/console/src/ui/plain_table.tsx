/** A few rows without a filter, an order or a key: ui/table.tsx has the tables of resources. */
import type { ComponentChildren } from 'preact';

interface PlainTableProps {
  label?: string;
  head: ComponentChildren[];
  rows: ComponentChildren[][];
  /** Which columns are numbers. */
  numbers?: number[];
}

export function PlainTable({ label, head, rows, numbers = [] }: PlainTableProps) {
  const kindOf = (column: number) => (numbers.includes(column) ? 'number' : undefined);
  return (
    <table aria-label={label}>
      <thead>
        <tr>
          {head.map((cell, n) => (
            <th key={n} scope="col" class={kindOf(n)}>
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <tr key={i}>
            {head.map((_, n) => (
              <td key={n} class={kindOf(n)}>
                {row[n]}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
