/** GET /_orderly/events: one stream of what changes on the server, shared by all that listen, in all tabs of this user. */
import { signal } from '@preact/signals';

import { session } from '../session';
import { send } from './client';
import { shared, type Tell } from './shared';

export interface ServerEvent {
  /** The name of the event: "change", "trace", "lost"… see docs/orderly-api.md. */
  event: string;
  data: Record<string, unknown>;
}

type Listener = (event: ServerEvent) => void;

/** What the tabs tell each other. */
interface Told {
  live?: boolean;
  event?: ServerEvent;
}

const RETRY_MILLISECONDS = 2000;
const listeners = new Set<Listener>();
let connection: AbortController | undefined;

/** Is the stream open? */
export const live = signal(false);

/** Does the server answer anybody? */
export function answers(): Promise<boolean> {
  return fetch('/_orderly/health').then(
    ({ ok }) => ok,
    () => false,
  );
}

/** For useResource: has something of these services changed? */
export function changed(...services: string[]): (event: ServerEvent) => boolean {
  return ({ event, data }) => event === 'change' && services.includes(data.service as string);
}

/** Operations that move messages, items and events, and leave the resources as they are. */
const TRAFFIC = new Set(
  (
    'SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch ChangeMessageVisibility ' +
    'ChangeMessageVisibilityBatch Publish PublishBatch PutItem UpdateItem DeleteItem BatchWriteItem ' +
    'TransactWriteItems ExecuteStatement BatchExecuteStatement ExecuteTransaction Invoke InvokeAsync ' +
    'PutLogEvents PutMetricData'
  ).split(' '),
);

/** As changed(), for lists of resources: traffic alone is not heard. */
export function reshaped(...services: string[]): (event: ServerEvent) => boolean {
  const ofThese = changed(...services);
  return event =>
    ofThese(event) && Object.keys(event.data.operations ?? {}).some(operation => !TRAFFIC.has(operation));
}

/** Hear every event until the returned function is called. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (!connection) connect();
  return () => {
    listeners.delete(listener);
  };
}

/** After another user was chosen. */
export function reconnect(): void {
  if (!connection) return;
  disconnect();
  if (listeners.size > 0) connect();
}

export function disconnect(): void {
  connection?.abort();
  connection = undefined;
  live.value = false;
}

function connect(): void {
  connection = new AbortController();
  const name = `orderly.events/${session.value?.credentials.accessKeyId ?? ''}`;
  shared<Told>(name, connection.signal, {
    hear: told => {
      if (told.live !== undefined) live.value = told.live;
      const { event } = told;
      if (event) listeners.forEach(listener => listener(event));
    },
    lead: readEvents,
    state: () => ({ live: live.value }),
  });
}

/** Read the stream, again and again, for all tabs.  What happened between two streams is lost: "lost" tells how much. */
async function readEvents(tell: Tell<Told>, signal: AbortSignal): Promise<void> {
  let before = live.value;
  while (!signal.aborted) {
    try {
      const response = await send('/_orderly/events', 'sqs', { signal });
      if (response.status === 404 || response.status === 403) return;
      if (response.ok && response.body) {
        tell(before ? { live: true, event: { event: 'lost', data: {} } } : { live: true });
        before = true;
        await eachEvent(response.body, event => tell({ event }));
      }
    } catch {
      // The server is away: what follows waits for it.
    }
    if (signal.aborted) return;
    tell({ live: false });
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
