/** The ways of messages: GET /_orderly/traces and one trace. */
import { orderly } from './client';

export interface Trace {
  traceId: string;
  beganMs: number;
  lastMs: number;
  outcome: string;
  hops: number;
  resources: string[];
  messageIds: string[];
}

export interface Hop {
  id: string;
  parent: string | null;
  kind: string;
  atMs: number;
  durationMs: number;
  attempt: number;
  verdict: string;
  resource: string;
  messageId?: string;
  requestId?: string;
  reason?: string;
  detail?: Record<string, unknown>;
  /** The permission that one lacks to read the detail. */
  withheld?: string;
}

export interface TraceQuery {
  message?: string;
  resource?: string;
  outcome?: string;
  /** Words of the message: all must occur. */
  text?: string;
  since?: number;
  until?: number;
  /** Milliseconds from its first step to its last, at least. */
  took?: string;
  limit?: number;
  next?: string;
}

export interface TracePage {
  traces: Trace[];
  lastHop: string;
  next?: string;
}

export async function listTraces(query: TraceQuery, signal?: AbortSignal): Promise<TracePage> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const form = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return orderly<TracePage>('GET', `/_orderly/traces?${form}`, undefined, { signal });
}

export async function hopsOf(traceId: string, signal?: AbortSignal): Promise<Hop[]> {
  const path = `/_orderly/traces/${encodeURIComponent(traceId)}`;
  return (await orderly<{ hops: Hop[] }>('GET', path, undefined, { signal })).hops;
}

/** Of one message the last step that failed; missing when none did, and `traceId` when the trace is gone. */
export interface Reason {
  messageId: string;
  traceId?: string;
  hop?: Hop;
}

/** So many messages are asked about at once. */
const LOT = 100;

/** The reasons of all these messages, by their ids; a reply that ran out of time is asked for the rest. */
export async function reasonsOf(messageIds: string[], signal?: AbortSignal): Promise<Map<string, Reason>> {
  const found = new Map<string, Reason>();
  let left = [...new Set(messageIds)];
  while (left.length > 0) {
    const form = new URLSearchParams(left.slice(0, LOT).map(id => ['message', id]));
    const path = `/_orderly/traces/reasons?${form}`;
    const { reasons } = await orderly<{ reasons: Reason[] }>('GET', path, undefined, { signal });
    for (const reason of reasons) found.set(reason.messageId, reason);
    if (reasons.length === 0) break;
    left = left.filter(id => !found.has(id));
  }
  return found;
}

export interface LastAttempt {
  traceId: string;
  /** Why the last attempt failed, as the function, the denial or the timeout said it. */
  reason: string;
  hops: Hop[];
}

/** Why a message is where it is: its trace, and the last step of it that did not go well. */
export async function lastAttempt(messageId: string, signal?: AbortSignal): Promise<LastAttempt | undefined> {
  const { traces } = await listTraces({ message: messageId, limit: 1 }, signal);
  const trace = traces[0];
  if (!trace) return undefined;
  const hops = await hopsOf(trace.traceId, signal);
  const mine = hops.filter(hop => hop.reason && (hop.messageId === messageId || hop.messageId === undefined));
  const failed = mine.findLast(hop => hop.kind !== 'dead-lettered') ?? mine.at(-1);
  return { traceId: trace.traceId, reason: failed?.reason ?? '', hops };
}
