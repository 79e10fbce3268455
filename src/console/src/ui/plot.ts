/** uPlot, with the console's colours. */
import 'uplot/dist/uPlot.min.css';

import uPlot from 'uplot';

import type { Bounds, Series } from './chart';
import { stack } from './stack';

export interface Plot {
  destroy(): void;
}

interface Options {
  series: Series[];
  unit: string;
  height: number;
  lines?: { value: number; label: string }[];
  /** The time that the graph shows; without it, that of its points. */
  span?: [number, number];
  stacked?: boolean;
  bounds?: { left?: Bounds; right?: Bounds };
}

const COLOURS = ['--accent', '--warn', '--note', '--bad', '--good', '--line-strong'];
const LEGEND_PIXELS = 34;
const AXIS_PIXELS = 56;

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The background is seen through it. */
function faint(colour: string): string {
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}55` : colour;
}

function scaleOf({ min, max }: Bounds = {}): uPlot.Scale {
  return {
    range: (_, low, high) => {
      const from = min ?? Math.min(0, low ?? 0);
      const to = max ?? high ?? 0;
      return [from, to <= from ? from + 1 : to];
    },
  };
}

function axesOf(unit: string, right: boolean): uPlot.Axis[] {
  const axis = {
    stroke: token('--text-soft'),
    grid: { stroke: token('--line'), width: 1 },
    ticks: { show: false },
  };
  const values = (_: uPlot, ticks: number[]) => ticks.map(tick => `${tick}${unit && ` ${unit}`}`);
  return [
    axis,
    { ...axis, size: AXIS_PIXELS, values },
    ...(right
      ? [{ ...axis, scale: 'right', side: 1 as const, size: AXIS_PIXELS, values, grid: { show: false } }]
      : []),
  ];
}

/** Of a stacked one, the legend tells its own value. */
function seriesOf(series: Series[], columns: (number | null)[][], stacked?: boolean): uPlot.Series[] {
  return series.map((one, i) => {
    const stroke = one.colour ?? token(COLOURS[i % COLOURS.length]!);
    return {
      label: one.label,
      stroke,
      width: stacked ? 1 : 2,
      scale: one.right ? 'right' : 'y',
      points: { show: one.points.length < 40 },
      spanGaps: true,
      ...(stacked && {
        fill: faint(stroke),
        value: (_: uPlot, __: number, ___: number, at: number | null) =>
          String((at === null ? undefined : columns[i]?.[at]) ?? '--'),
      }),
    };
  });
}

export function createPlot(holder: HTMLElement, options: Options): Plot {
  const { series, unit, height, lines = [], span, stacked, bounds } = options;
  // A threshold reaches from one side to the other, whenever there are values.
  const ends = span && lines.length > 0 && !stacked ? span : [];
  const times = [...new Set([...series.flatMap(one => one.points.map(([at]) => at)), ...ends])].sort(
    (a, b) => a - b,
  );
  const columns = series.map(one => {
    const at = new Map(one.points);
    return times.map(time => at.get(time) ?? null);
  });
  const thresholds = lines.map(line => times.map(() => line.value));
  const plot = new uPlot(
    {
      width: holder.clientWidth || 480,
      height: height - LEGEND_PIXELS,
      tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      axes: axesOf(
        unit,
        series.some(one => one.right),
      ),
      scales: {
        ...(span && { x: { range: [span[0] / 1000, span[1] / 1000] as uPlot.Range.MinMax } }),
        y: scaleOf(bounds?.left),
        right: scaleOf(bounds?.right),
      },
      bands: stacked
        ? series.slice(1).map((_, i) => ({ series: [i + 2, i + 1] as [number, number] }))
        : undefined,
      series: [
        {},
        ...seriesOf(series, columns, stacked),
        ...lines.map(line => ({
          label: line.label,
          stroke: token('--bad'),
          dash: [6, 4],
          points: { show: false },
        })),
      ],
    },
    [
      times.map(time => time / 1000),
      ...(stacked ? stack(columns) : columns),
      ...thresholds,
    ] as uPlot.AlignedData,
    holder,
  );
  const resize = new ResizeObserver(() =>
    plot.setSize({ width: holder.clientWidth, height: height - LEGEND_PIXELS }),
  );
  resize.observe(holder);
  return {
    destroy: () => {
      resize.disconnect();
      plot.destroy();
    },
  };
}
