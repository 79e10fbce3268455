/** Graphs of values over time; the library is loaded when the first is shown.  What a graph shows is in a table, too. */
import { useEffect, useRef, useState } from 'preact/hooks';

import { Button } from './controls';
import { timestamp } from './format';
import type { Plot } from './plot';

export interface Series {
  label: string;
  /** Milliseconds and values, in the order of time. */
  points: [number, number][];
  /** #rrggbb; without it, by the place in the list. */
  colour?: string;
  /** Its values are those of the axis at the right. */
  right?: boolean;
}

export interface Bounds {
  min?: number;
  max?: number;
}

interface ChartProps {
  title: string;
  series: Series[];
  unit?: string;
  height?: number;
  /** Lines across the graph: thresholds. */
  lines?: { value: number; label: string }[];
  /** From when to when, in milliseconds; without it, from the first point to the last. */
  span?: [number, number];
  /** Areas above each other, instead of lines. */
  stacked?: boolean;
  /** What the axes show at least; without it, their values and 0. */
  bounds?: { left?: Bounds; right?: Bounds };
  /** What is around it says the title. */
  titled?: boolean;
}

export function Chart({ title, series, height = 200, titled, ...drawn }: ChartProps) {
  const { unit = '', lines, span, stacked, bounds } = drawn;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>();
  const [asTable, setAsTable] = useState(false);
  const empty = series.every(one => one.points.length === 0);

  useEffect(() => {
    if (asTable || empty) return;
    let gone = false;
    void import('./plot').then(({ createPlot }) => {
      if (!gone && holder.current)
        plot.current = createPlot(holder.current, { series, unit, height, lines, span, stacked, bounds });
    });
    return () => {
      gone = true;
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [asTable, empty, series, unit, height, lines, span, stacked, bounds]);

  return (
    <figure class="chart">
      <figcaption>
        <span class={titled ? 'visually-hidden' : undefined}>{title}</span>
        {!empty && (
          <Button
            kind="link"
            label={`${asTable ? 'Graph' : 'Table'} of ${title}`}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? 'Graph' : 'Table'}
          </Button>
        )}
      </figcaption>
      {empty ? (
        <p class="hint">No data in this range</p>
      ) : asTable ? (
        <Values title={title} series={series} />
      ) : (
        <div ref={holder} style={{ minHeight: height }} />
      )}
    </figure>
  );
}

function Values({ title, series }: { title: string; series: Series[] }) {
  const rows = series.flatMap(({ label, points }) => points.map(([at, value]) => ({ label, at, value })));
  return (
    <div class="table-scroll tall" tabIndex={0} role="region" aria-label={`Values of ${title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Metric</th>
            <th scope="col" class="number">
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(-1000).map(row => (
            <tr key={`${row.label}/${row.at}`}>
              <td>{timestamp(row.at).slice(0, 19)}</td>
              <td>{row.label}</td>
              <td class="number">{row.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
