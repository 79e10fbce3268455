/** Where gauges, bars and pies are drawn: pure geometry. */
import type { Bounds, Series } from '../../../ui/chart';

export interface Latest {
  label: string;
  /** Undefined: it has no point in the time. */
  value?: number;
  colour?: string;
}

export function latestOf(series: Series[]): Latest[] {
  return series.map(({ label, points, colour }) => ({ label, value: points.at(-1)?.[1], colour }));
}

/** How much of the range a value has, from 0 to 1. */
export function shareOf(value: number, min: number, max: number): number {
  if (!(max > min)) return 0;
  return Math.min(Math.max((value - min) / (max - min), 0), 1);
}

/** The range of bars: what the axis says, else from 0 to the largest. */
export function rangeOfBars(rows: Latest[], bounds: Bounds | undefined): { min: number; max: number } {
  const values = rows.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const min = bounds?.min ?? Math.min(0, ...values);
  return { min, max: bounds?.max ?? Math.max(min, ...values) };
}

export interface Slice extends Latest {
  share: number;
  /** Of a circle of radius 1 around 0, 0. */
  path: string;
}

/** In their order, from the top clockwise.  What is not above 0 has no slice. */
export function slicesOf(rows: Latest[]): Slice[] {
  const total = rows.reduce((sum, { value = 0 }) => sum + Math.max(value, 0), 0);
  let from = 0;
  return rows.map(row => {
    const share = total > 0 ? Math.max(row.value ?? 0, 0) / total : 0;
    const path = slice(from, from + share);
    from += share;
    return { ...row, share, path };
  });
}

function slice(from: number, to: number): string {
  if (to <= from) return '';
  // An arc from a point to itself draws nothing: a whole circle has two arcs.
  if (to - from > 0.9999) return 'M 0 -1 A 1 1 0 1 1 0 1 A 1 1 0 1 1 0 -1 Z';
  return `M 0 0 L ${at(from)} A 1 1 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)} Z`;
}

function at(share: number): string {
  const angle = share * 2 * Math.PI;
  return `${rounded(Math.sin(angle))} ${rounded(-Math.cos(angle))}`;
}

/** The upper half of a circle of radius 1, from the left to a share of it. */
export function gaugeArc(share: number): string {
  const angle = share * Math.PI;
  return `M -1 0 A 1 1 0 0 1 ${rounded(-Math.cos(angle))} ${rounded(-Math.sin(angle))}`;
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000 || 0;
}
