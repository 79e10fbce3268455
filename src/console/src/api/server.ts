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

/** Figures of the server, as it tells them. */
export interface Meters {
  server: {
    uptime_ms: number;
    memory_bytes: number;
    /** Missing with --in-memory. */
    database_bytes?: number;
    log_bytes?: number;
    connections: number;
    most_connections: number;
    streams: number;
    most_streams: number;
    most_streams_of_address: number;
  };
  /** Requests of clients since the start. */
  services: Record<string, { requests: number; failed: number }>;
  engine: { batches: number; calls: number; longest_call_us: number };
  pool: {
    workers: number;
    short: { waiting: number; running: number };
    long: { waiting: number; running: number };
  };
}

export async function meters(signal?: AbortSignal): Promise<Meters> {
  return orderly('GET', '/_orderly/metrics', undefined, { signal });
}
