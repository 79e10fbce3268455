/** The server itself: its clock, its state, how it is. */
import { orderly } from './client';

export interface Clock {
  now_ms: number;
  offset_ms: number;
  /** The first moment at which something happens; missing when nothing comes. */
  next_ms?: number;
  next: Upcoming[];
}

/** `what`: the operation that runs then, or `sqs/visibility`. */
export interface Upcoming {
  at_ms: number;
  what: string;
}

export async function clock(signal?: AbortSignal): Promise<Clock> {
  return orderly<Clock>('GET', '/_orderly/clock', undefined, { signal });
}

/** The time of the server, which its clock may have moved; without permission to ask, that of the browser. */
export async function serverNow(signal?: AbortSignal): Promise<number> {
  try {
    return (await clock(signal)).now_ms;
  } catch {
    return Date.now();
  }
}

export async function advance(milliseconds: number): Promise<Clock> {
  return orderly<Clock>('POST', '/_orderly/clock', { advance_ms: milliseconds });
}

export async function advanceToNext(): Promise<Clock> {
  return orderly<Clock>('POST', '/_orderly/clock', { advance_to_next: true });
}

/** Forget everything. */
export async function reset(): Promise<void> {
  await orderly('POST', '/_orderly/reset', {});
}

export interface Health {
  services: Record<string, string>;
  version: string;
}

export async function health(signal?: AbortSignal): Promise<Health> {
  return orderly<Health>('GET', '/_orderly/health', undefined, { signal });
}

/** Figures of the engine, as it tells them. */
export async function meters(signal?: AbortSignal): Promise<Record<string, unknown>> {
  return orderly('GET', '/_orderly/metrics', undefined, { signal });
}
