/** Numbers, sizes and times as people read them. */
import { useEffect, useState } from 'preact/hooks';

const NUMBER = new Intl.NumberFormat('en');

export function count(n: number | string | undefined): string {
  return n === undefined ? '–' : NUMBER.format(Number(n));
}

export function bytes(n: number | undefined): string {
  if (n === undefined) return '–';
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; n >= 1024 && unit < units.length - 1; unit++) n /= 1024;
  return `${unit === 0 ? n : n.toFixed(n < 10 ? 2 : 1)} ${units[unit]}`;
}

export function duration(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–';
  if (milliseconds === 0) return '0 s';
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  if (seconds < 3600) return twoUnits(seconds, 60, 'min', 1, 's');
  if (seconds < 86400) return twoUnits(seconds, 3600, 'h', 60, 'min');
  return twoUnits(seconds, 86400, 'd', 3600, 'h');
}

/** 5400 s are "1 h 30 min", and 3600 s "1 h". */
function twoUnits(
  seconds: number,
  large: number,
  largeName: string,
  small: number,
  smallName: string,
): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeName}${rest ? ` ${rest} ${smallName}` : ''}`;
}

/** AWS's times are seconds, milliseconds or ISO texts. */
export function dateOf(time: number | string): Date {
  if (typeof time === 'number') return new Date(time < 1e11 ? time * 1000 : time);
  return new Date(
    /^\d+$/.test(time) ? Number(time) * (time.length <= 11 ? 1000 : 1) : time.replace(/\+0000$/, 'Z'),
  );
}

export function timestamp(time: number | string): string {
  const date = dateOf(time);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().replace('T', ' ').replace('Z', '');
}

function ago(milliseconds: number): string {
  return milliseconds < 2000 ? 'just now' : `${duration(milliseconds)} ago`;
}

/** A time in UTC, and how long ago it was. */
export function Time({ at }: { at: number | string | undefined }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick(n => n + 1), 10_000);
    return () => clearInterval(timer);
  }, []);
  if (at === undefined || at === '') return <>–</>;
  return (
    <time dateTime={dateOf(at).toISOString()} title={ago(Date.now() - dateOf(at).getTime())}>
      {timestamp(at).slice(0, 19)}
    </time>
  );
}

/** JSON with its indentation; a text that is not JSON stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The last part of an ARN. */
export function nameOf(arn: string): string {
  return arn.split(/[:/]/).at(-1) ?? arn;
}
