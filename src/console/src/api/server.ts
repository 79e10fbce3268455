/** The server itself: its clock, its state, how it is. */
import { orderly } from './client';

export interface Clock {
  now_ms: number;
  offset_ms: number;
}

export async function clock(signal?: AbortSignal): Promise<Clock> {
  return orderly<Clock>('GET', '/_orderly/clock', undefined, { signal });
}

export async function advance(milliseconds: number): Promise<Clock> {
  return orderly<Clock>('POST', '/_orderly/clock', { advance_ms: milliseconds });
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
