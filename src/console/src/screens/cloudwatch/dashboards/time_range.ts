/** The time that a dashboard shows, and the period of its graphs: of the page's address, else of the body. */
import type { Span } from '../../../api/metrics';
import type { Body } from './body';

/** Minutes back from now, or from one moment to another. */
export type Range = { minutes: number } | Span;

/** Seconds, or how they are found: by the time range, or from each widget. */
export type PeriodChoice = number | 'auto' | 'inherit';

export const RANGES = [
  { value: '60', label: '1 hour' },
  { value: '180', label: '3 hours' },
  { value: '720', label: '12 hours' },
  { value: '1440', label: '1 day' },
  { value: '4320', label: '3 days' },
  { value: '10080', label: '1 week' },
];

export const PERIODS = [
  { value: '1', label: '1 second' },
  { value: '5', label: '5 seconds' },
  { value: '10', label: '10 seconds' },
  { value: '30', label: '30 seconds' },
  { value: '60', label: '1 minute' },
  { value: '300', label: '5 minutes' },
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '21600', label: '6 hours' },
  { value: '86400', label: '1 day' },
];

const USUAL_MINUTES = 180;
const USUAL_PERIOD = 300;
/** A graph has so many points at most, if the period is free. */
const MOST_POINTS = 1440;
const LONGER = [60, 300, 900, 3600, 21_600, 86_400];

export function rangeOf(asked: URLSearchParams, body: Pick<Body, 'start' | 'end'>): Range {
  const minutes = Number(asked.get('minutes'));
  if (minutes > 0) return { minutes };
  return (
    between(asked.get('start'), asked.get('end')) ??
    between(body.start, body.end ?? new Date().toISOString()) ?? {
      minutes: minutesBack(body.start) ?? USUAL_MINUTES,
    }
  );
}

function between(start?: string | null, end?: string | null): Span | undefined {
  const span = { startMs: Date.parse(start ?? ''), endMs: Date.parse(end ?? '') };
  return span.startMs < span.endMs ? span : undefined;
}

const BACK = /^-P(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** "-PT3H" is 180, "-P7D" a week; a month has 30 days. */
export function minutesBack(text: string | undefined): number | undefined {
  const found = BACK.exec(text ?? '');
  if (!found) return undefined;
  const [months, weeks, days, hours, minutes, seconds] = found.slice(1).map(part => Number(part ?? 0));
  const total = (((months! * 30 + weeks! * 7 + days!) * 24 + hours!) * 60 + minutes!) * 60 + seconds!;
  return total > 0 ? Math.ceil(total / 60) : undefined;
}

/** The minute that is running is in it. */
export function spanOf(range: Range, nowMs: number): Span {
  return 'minutes' in range ? { startMs: nowMs - range.minutes * 60_000, endMs: nowMs + 60_000 } : range;
}

export function periodChoice(asked: URLSearchParams, body: Pick<Body, 'periodOverride'>): PeriodChoice {
  const text = asked.get('period') ?? body.periodOverride;
  if (text === 'inherit') return 'inherit';
  return Number(text) > 0 ? Number(text) : 'auto';
}

/** In seconds. "auto": the widget's own, or a longer one if the time has too many of those. */
export function periodFor(choice: PeriodChoice, own: number | undefined, { startMs, endMs }: Span): number {
  if (typeof choice === 'number') return choice;
  const wanted = own ?? USUAL_PERIOD;
  if (choice === 'inherit') return wanted;
  const seconds = (endMs - startMs) / 1000;
  if (seconds / wanted <= MOST_POINTS) return wanted;
  return LONGER.find(period => period > wanted && seconds / period <= MOST_POINTS) ?? LONGER.at(-1)!;
}

/** A single period for all of the time: whole minutes. */
export function wholePeriod({ startMs, endMs }: Span): number {
  return Math.max(Math.ceil((endMs - startMs) / 60_000), 1) * 60;
}
