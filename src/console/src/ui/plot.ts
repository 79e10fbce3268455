/** uPlot, with the console's colours. */
import 'uplot/dist/uPlot.min.css';

import uPlot from 'uplot';

import type { Series } from './chart';

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
}

const COLOURS = ['--accent', '--warn', '--note', '--bad', '--good', '--line-strong'];
const LEGEND_PIXELS = 34;

export function createPlot(holder: HTMLElement, { series, unit, height, lines = [], span }: Options): Plot {
  const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const times = [...new Set(series.flatMap(one => one.points.map(([at]) => at)))].sort((a, b) => a - b);
  const columns = series.map(one => {
    const at = new Map(one.points);
    return times.map(time => at.get(time) ?? null);
  });
  const thresholds = lines.map(line => times.map(() => line.value));
  const axis = {
    stroke: colour('--text-soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const plot = new uPlot(
    {
      width: holder.clientWidth || 480,
      height: height - LEGEND_PIXELS,
      tzDate: seconds => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      axes: [
        axis,
        { ...axis, size: 56, values: (_, ticks) => ticks.map(tick => `${tick}${unit && ` ${unit}`}`) },
      ],
      scales: {
        ...(span && { x: { range: [span[0] / 1000, span[1] / 1000] as uPlot.Range.MinMax } }),
        y: { range: (_, low, high) => [Math.min(0, low), high <= low ? low + 1 : high] },
      },
      series: [
        {},
        ...series.map((one, i) => ({
          label: one.label,
          stroke: colour(COLOURS[i % COLOURS.length]!),
          width: 2,
          points: { show: one.points.length < 40 },
          spanGaps: true,
        })),
        ...lines.map(line => ({
          label: line.label,
          stroke: colour('--bad'),
          dash: [6, 4],
          points: { show: false },
        })),
      ],
    },
    [times.map(time => time / 1000), ...columns, ...thresholds] as uPlot.AlignedData,
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
