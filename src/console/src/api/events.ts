/** GET /_orderly/events: one stream of what changes on the server, shared by all that listen. */
import { signal } from '@preact/signals';

import { send } from './client';

export interface ServerEvent {
  /** The name of the event: "change", "trace", "lost"… see docs/orderly-api.md. */
  event: string;
  data: Record<string, unknown>;
}

type Listener = (event: ServerEvent) => void;

const RETRY_MILLISECONDS = 2000;
const listeners = new Set<Listener>();
let connection: AbortController | undefined;

/** Is the stream open? */
export const live = signal(false);

/** For useResource: has something of these services changed? */
export function changed(...services: string[]): (event: ServerEvent) => boolean {
  return ({ event, data }) => event === 'change' && services.includes(data.service as string);
}

/** Hear every event until the returned function is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (!connection) void connect();
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) disconnect();
  };
}

/** After another user or region was chosen. */
export function reconnect(): void {
  if (!connection) return;
  disconnect();
  if (listeners.size > 0) void connect();
}

function disconnect(): void {
  connection?.abort();
  connection = undefined;
  live.value = false;
}

async function connect(): Promise<void> {
  const mine = new AbortController();
  connection = mine;
  while (!mine.signal.aborted) {
    try {
      const response = await send('/_orderly/events', 'sqs', { signal: mine.signal });
      if (response.status === 404 || response.status === 403) return;
      if (response.ok && response.body) {
        live.value = true;
        await eachEvent(response.body, event => listeners.forEach(listener => listener(event)));
      }
    } catch {
      // The server is away: what follows waits for it.
    }
    if (!mine.signal.aborted) live.value = false;
    await new Promise(resolve => setTimeout(resolve, RETRY_MILLISECONDS));
  }
}

/** Read a stream of server-sent events to its end. */
export async function eachEvent(body: ReadableStream<Uint8Array>, heard: Listener): Promise<void> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) heard(event);
    }
  }
}

export function parseEvent(block: string): ServerEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    if (line.startsWith('data:')) data.push(line.slice(5).trim());
  }
  if (data.length === 0) return undefined;
  return { event, data: JSON.parse(data.join('\n')) as Record<string, unknown> };
}
