/** What gives work to what: from subscriptions, triggers and redrive policies, and from the traffic that traces have seen. */
import { arn } from '../session';
import { somePages } from '../ui/resource';
import { orderly } from './client';
import { tablesPage } from './dynamodb';
import { AwsError } from './errors';
import { functionsPage } from './lambda';
import { mappingsPage } from './lambda_triggers';
import { subscriptionsPage, topicsPage } from './sns';
import { describeQueue, listQueues, queueName, redriveOf, type Queue } from './sqs';

export type NodeKind = 'topic' | 'queue' | 'function' | 'table' | 'other';

export interface TopologyNode {
  arn: string;
  name: string;
  kind: NodeKind;
  /** Of a queue: what waits in it. */
  waiting?: number;
  deadLetters: boolean;
}

export interface TopologyEdge {
  from: string;
  to: string;
  /** Set up, though perhaps unused. */
  wired: boolean;
  redrive: boolean;
  count: number;
  failed: number;
}

export interface Topology {
  nodes: TopologyNode[];
  edges: TopologyEdge[];
  /** Resources that are known and not shown, because a map of so many says nothing. */
  left: number;
  /** There are others, which are not known. */
  more: boolean;
}

/** What is set up. */
export interface Structure {
  /** The ARNs of what exists. */
  known: string[];
  wired: [from: string, to: string][];
  redrives: [from: string, to: string][];
  /** Those that were described: the first ones, and before them those that something is wired to. */
  queues: Queue[];
  more: boolean;
  /** Why a list is left out. */
  refused?: AwsError;
}

export interface Traffic {
  from: string;
  to: string;
  kind: string;
  count: number;
  failed: number;
}

/** A map is made of the first pages of each list, and shows so many of their resources. */
const PAGES = 4;
const MOST_NODES = 150;
const MOST_OF_A_KIND = 30;
const DESCRIBED = 100;
const AT_ONCE = 6;
const TRAFFIC_PAGES = 20;
const HOUR_MILLISECONDS = 3_600_000;

interface Listed<T> {
  items: T[];
  more: boolean;
  refused?: AwsError;
}

/** A list that is refused (a user without permission) is left out. */
async function listed<T>(list: Promise<Listed<T>>): Promise<Listed<T>> {
  return list.catch(error => {
    if (!(error instanceof AwsError && error.denied)) throw error;
    return { items: [], more: false, refused: error };
  });
}

export async function structure(signal: AbortSignal): Promise<Structure> {
  const lists = await Promise.all([
    listed(somePages(token => subscriptionsPage(undefined, token, signal), PAGES)),
    listed(somePages(marker => mappingsPage(marker, signal), PAGES)),
    listed(somePages(token => listQueues(token, undefined, signal), 1)),
    listed(somePages(marker => functionsPage(marker, signal), PAGES)),
    listed(somePages(token => tablesPage(token, signal), 1)),
    listed(somePages(token => topicsPage(token, signal), PAGES)),
  ]);
  const [subscriptions, mappings, urls, functions, tables, topics] = lists;
  const wired = [
    ...subscriptions.items
      .filter(({ Endpoint }) => Endpoint.startsWith('arn:'))
      .map(({ TopicArn, Endpoint }): [string, string] => [TopicArn, bare(Endpoint)]),
    ...mappings.items.map(({ EventSourceArn, FunctionArn }): [string, string] => [
      bare(EventSourceArn),
      bare(FunctionArn),
    ]),
  ];
  const queues = await describedQueues(urls.items, new Set(wired.flat()), signal);
  return {
    known: [
      ...topics.items,
      ...urls.items.map(url => arn('sqs', queueName(url))),
      ...functions.items.map(one => one.FunctionArn),
      ...tables.items.map(name => arn('dynamodb', `table/${name}`)),
    ],
    wired,
    redrives: queues.flatMap(queue => {
      const target = redriveOf(queue)?.deadLetterTargetArn;
      return target ? [[queue.attributes.QueueArn!, target] as [string, string]] : [];
    }),
    queues,
    more: lists.some(list => list.more),
    refused: lists.find(list => list.refused)?.refused,
  };
}

async function describedQueues(
  urls: string[],
  connected: Set<string>,
  signal: AbortSignal,
): Promise<Queue[]> {
  const isConnected = (url: string) => connected.has(arn('sqs', queueName(url)));
  const chosen = [...urls.filter(isConnected), ...urls.filter(url => !isConnected(url))].slice(0, DESCRIBED);
  const queues: Queue[] = [];
  for (let i = 0; i < chosen.length; i += AT_ONCE) {
    const lot = chosen.slice(i, i + AT_ONCE).map(url => describeQueue(url, signal).catch(() => undefined));
    queues.push(...(await Promise.all(lot)).filter(queue => queue !== undefined));
  }
  return queues;
}

/** The map of what is set up and what has happened. */
export function topology({ known, wired, redrives, queues, more }: Structure, traffic: Traffic[]): Topology {
  const edges = new Map<string, TopologyEdge>();
  for (const [from, to] of wired) edgeOf(edges, from, to).wired = true;
  for (const [from, to] of redrives) Object.assign(edgeOf(edges, from, to), { wired: true, redrive: true });
  for (const { from, to, count, failed } of traffic) {
    const edge = edgeOf(edges, bare(from), bare(to));
    edge.count += count;
    edge.failed += failed;
  }
  const all = [...edges.values()].filter(({ from, to }) => from !== to && shown(from) && shown(to));
  all.sort((a, b) => b.count - a.count);
  const connected = [...new Set(all.flatMap(({ from, to }) => [from, to]))];
  const drawn = new Set(connected.slice(0, MOST_NODES));
  const alone = known.filter(one => !drawn.has(one));
  for (const group of Map.groupBy(alone, kindOf).values())
    for (const one of group.slice(0, Math.min(MOST_OF_A_KIND, MOST_NODES - drawn.size))) drawn.add(one);
  const kept = all.filter(({ from, to }) => drawn.has(from) && drawn.has(to));
  return {
    nodes: nodesOf([...drawn], kept, queues),
    edges: kept,
    left: new Set([...connected, ...known]).size - drawn.size,
    more,
  };
}

function edgeOf(edges: Map<string, TopologyEdge>, from: string, to: string): TopologyEdge {
  const key = `${from} ${to}`;
  const edge = edges.get(key) ?? { from, to, wired: false, redrive: false, count: 0, failed: 0 };
  edges.set(key, edge);
  return edge;
}

function nodesOf(arns: string[], edges: TopologyEdge[], queues: Queue[]): TopologyNode[] {
  const waiting = new Map(queues.map(({ attributes }) => [attributes.QueueArn, waitingIn(attributes)]));
  const receivers = new Set(edges.filter(edge => edge.redrive).map(edge => edge.to));
  return arns.map(one => ({
    arn: one,
    name: nameOfArn(one),
    kind: kindOf(one),
    waiting: waiting.get(one),
    deadLetters: receivers.has(one),
  }));
}

function waitingIn(attributes: Record<string, string>): number {
  return (
    Number(attributes.ApproximateNumberOfMessages) + Number(attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

/** Log groups would only be noise. */
function shown(arn: string): boolean {
  return kindOf(arn) !== 'other';
}

/** A function's version or alias, and a table's stream, are the function and the table. */
function bare(arn: string): string {
  const parts = arn.split(':');
  if (parts[2] === 'lambda') return parts.slice(0, 7).join(':');
  return arn.replace(/(:table\/[^/]+)\/.*$/, '$1');
}

function kindOf(arn: string): NodeKind {
  const service = arn.split(':')[2] ?? '';
  return ({ sns: 'topic', sqs: 'queue', lambda: 'function', dynamodb: 'table' } as const)[service] ?? 'other';
}

function nameOfArn(arn: string): string {
  return bare(arn).split(/[:/]/).at(-1)!;
}

/** The steps of the last hour's traces, added up: of the newest ones, if there are very many. */
export async function trafficOf(signal: AbortSignal): Promise<Traffic[]> {
  const { now_ms } = await orderly<{ now_ms: number }>('GET', '/_orderly/clock', undefined, { signal });
  const since = now_ms - HOUR_MILLISECONDS;
  const { items } = await somePages(async next => {
    const from = next ? `&next=${encodeURIComponent(next)}` : '';
    const path = `/_orderly/map?since=${since}${from}`;
    const page = await orderly<{ edges: Traffic[]; next?: string }>('GET', path, undefined, { signal });
    return { items: page.edges, next: page.next };
  }, TRAFFIC_PAGES);
  return items;
}
