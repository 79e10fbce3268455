/** What a widget shows of the latest value of each metric: a number, a gauge, a bar, a slice, or a row of a table. */
import type { ComponentType } from 'preact';

import type { Bounds, Series } from '../../../ui/chart';
import { count } from '../../../ui/format';
import { Notice } from '../../../ui/layout';
import { PlainTable } from '../../../ui/plain_table';
import { gaugeArc, latestOf, rangeOfBars, shareOf, slicesOf, type Latest } from './shapes';

interface ValuesProps {
  title: string;
  rows: Latest[];
  /** Of the left axis. */
  bounds: Bounds | undefined;
}

const VIEWS: Record<string, ComponentType<ValuesProps>> = {
  singleValue: Numbers,
  gauge: Gauges,
  bar: Bars,
  pie: Pie,
  table: Table,
};

interface LatestValuesProps {
  view: string;
  title: string;
  series: Series[];
  bounds: Bounds | undefined;
}

/** A view that is unknown is a table. */
export function LatestValues({ view, series, ...rest }: LatestValuesProps) {
  const Shown = VIEWS[view] ?? Table;
  if (series.length === 0) return <p class="hint">No data in this range</p>;
  return <Shown {...rest} rows={latestOf(series)} />;
}

function textOf(value: number | undefined): string {
  return value === undefined ? '--' : count(Number(value.toPrecision(6)));
}

function Numbers({ rows }: ValuesProps) {
  return (
    <dl class="widget-numbers">
      {rows.map(({ label, value }, i) => (
        <div key={i}>
          <dt>{label}</dt>
          <dd>{textOf(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Table({ title, rows }: ValuesProps) {
  return (
    <PlainTable
      label={`Latest values of ${title}`}
      head={['Label', 'Latest value']}
      rows={rows.map(({ label, value }) => [label, textOf(value)])}
      numbers={[1]}
    />
  );
}

function Gauges({ rows, bounds }: ValuesProps) {
  const { min, max } = bounds ?? {};
  if (min === undefined || max === undefined)
    return (
      <Notice tone="warn">
        <p>A gauge needs the least and the most value of the left axis: edit the widget.</p>
      </Notice>
    );
  return (
    <ul class="gauges">
      {rows.map(({ label, value, colour }, i) => (
        <li key={i}>
          <svg
            viewBox="-1.15 -1.15 2.3 1.5"
            role="img"
            aria-label={`${label}: ${textOf(value)}, of ${textOf(min)} to ${textOf(max)}`}
          >
            <path class="gauge-track" d={gaugeArc(1)} />
            {value !== undefined && (
              <path class="gauge-value" stroke={colour} d={gaugeArc(shareOf(value, min, max))} />
            )}
            <text class="gauge-number" y="-0.05" text-anchor="middle">
              {textOf(value)}
            </text>
            <text class="gauge-end" x="-1" y="0.3" text-anchor="middle">
              {textOf(min)}
            </text>
            <text class="gauge-end" x="1" y="0.3" text-anchor="middle">
              {textOf(max)}
            </text>
          </svg>
          <span aria-hidden="true">{label}</span>
        </li>
      ))}
    </ul>
  );
}

function Bars({ rows, bounds }: ValuesProps) {
  const { min, max } = rangeOfBars(rows, bounds);
  return (
    <dl class="bars">
      {rows.map(({ label, value, colour }, i) => (
        <div key={i}>
          <dt>{label}</dt>
          <dd>
            <svg
              class={`slot-${i % COLOURS}`}
              viewBox="0 0 100 1"
              preserveAspectRatio="none"
              aria-hidden="true"
            >
              {value !== undefined && (
                <rect fill={colour} height="1" width={shareOf(value, min, max) * 100} />
              )}
            </svg>
            <span>{textOf(value)}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The stylesheet has so many colours. */
const COLOURS = 6;

function Pie({ rows }: ValuesProps) {
  const slices = slicesOf(rows);
  return (
    <div class="pie">
      <svg viewBox="-1.02 -1.02 2.04 2.04" aria-hidden="true">
        {slices.map(({ path, colour }, i) => (
          <g key={i} class={`slot-${i % COLOURS}`}>
            <path fill={colour} d={path} />
          </g>
        ))}
      </svg>
      <ul>
        {slices.map(({ label, value, share, colour }, i) => (
          <li key={i}>
            <svg class={`slot-${i % COLOURS}`} viewBox="0 0 1 1" aria-hidden="true">
              <rect fill={colour} width="1" height="1" />
            </svg>
            {label}: {textOf(value)} ({Math.round(share * 1000) / 10} %)
          </li>
        ))}
      </ul>
    </div>
  );
}
