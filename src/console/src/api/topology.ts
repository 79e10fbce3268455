/** What gives work to what: from subscriptions, triggers and redrive policies, and from the traffic that traces have seen. */
import { allPages } from '../ui/resource';
import { json, orderly } from './client';
import { functionArns } from './endpoints';
import { listMappings } from './lambda_triggers';
import { listTopics, subscriptionsPage } from './sns';
import { describeQueue, listQueues, redriveOf, type Queue } from './sqs';

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
  /** Resources that are not shown, because a map of so many says nothing. */
  left: number;
}

interface Traffic {
  from: string;
  to: string;
  kind: string;
  count: number;
  failed: number;
}

const MOST_QUEUES = 150;
const HOUR_MILLISECONDS = 3_600_000;

export async function topology(signal: AbortSignal): Promise<Topology> {
  const none = () => [];
  const [subscriptions, mappings, urls, functions, tables, topics, traffic] = await Promise.all([
    subscriptionEdges(signal).catch(none),
    mappingEdges(signal).catch(none),
    allPages(token => listQueues(token, undefined, signal)).catch(none),
    functionArns(signal).catch(none),
    tableArns(signal).catch(none),
    listTopics(signal).catch(none),
    trafficOf(signal).catch(none),
  ]);
  const queues = (
    await Promise.all(
      urls.slice(0, MOST_QUEUES).map(url => describeQueue(url, signal).catch(() => undefined)),
    )
  ).filter(queue => queue !== undefined);
  const edges = new Map<string, TopologyEdge>();
  for (const [from, to] of [...subscriptions, ...mappings]) edgeOf(edges, from, to).wired = true;
  for (const queue of queues) {
    const target = redriveOf(queue)?.deadLetterTargetArn;
    if (target)
      Object.assign(edgeOf(edges, queue.attributes.QueueArn!, target), { wired: true, redrive: true });
  }
  for (const { from, to, count, failed } of traffic) {
    const edge = edgeOf(edges, bare(from), bare(to));
    edge.count += count;
    edge.failed += failed;
  }
  const all = [...edges.values()].filter(({ from, to }) => from !== to && shown(from) && shown(to));
  return {
    nodes: nodesOf(all, queues, [...topics, ...functions, ...tables]),
    edges: all,
    left: Math.max(urls.length - MOST_QUEUES, 0),
  };
}

function edgeOf(edges: Map<string, TopologyEdge>, from: string, to: string): TopologyEdge {
  const key = `${from} ${to}`;
  const edge = edges.get(key) ?? { from, to, wired: false, redrive: false, count: 0, failed: 0 };
  edges.set(key, edge);
  return edge;
}

function nodesOf(edges: TopologyEdge[], queues: Queue[], others: string[]): TopologyNode[] {
  const nodes = new Map<string, TopologyNode>();
  for (const arn of [...others, ...edges.flatMap(({ from, to }) => [from, to])])
    nodes.set(arn, { arn, name: nameOfArn(arn), kind: kindOf(arn), deadLetters: false });
  for (const { attributes, name } of queues)
    nodes.set(attributes.QueueArn!, {
      arn: attributes.QueueArn!,
      name,
      kind: 'queue',
      waiting:
        Number(attributes.ApproximateNumberOfMessages) +
        Number(attributes.ApproximateNumberOfMessagesNotVisible),
      deadLetters: false,
    });
  for (const { to, redrive } of edges) if (redrive) nodes.get(to)!.deadLetters = true;
  return [...nodes.values()];
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

async function subscriptionEdges(signal: AbortSignal): Promise<[string, string][]> {
  const all = await allPages(token => subscriptionsPage(undefined, token, signal));
  return all
    .filter(({ Endpoint }) => Endpoint.startsWith('arn:'))
    .map(({ TopicArn, Endpoint }) => [TopicArn, bare(Endpoint)]);
}

async function mappingEdges(signal: AbortSignal): Promise<[string, string][]> {
  const all = await listMappings({}, signal);
  return all.map(({ EventSourceArn, FunctionArn }) => [bare(EventSourceArn), bare(FunctionArn)]);
}

async function tableArns(signal: AbortSignal): Promise<string[]> {
  const { TableNames } = await json<{ TableNames: string[] }>(
    'dynamodb',
    'ListTables',
    {},
    { signal, quiet: true },
  );
  const tables = TableNames.slice(0, MOST_QUEUES).map(async TableName => {
    const { Table } = await json<{ Table: { TableArn: string } }>(
      'dynamodb',
      'DescribeTable',
      { TableName },
      { signal, quiet: true },
    );
    return Table.TableArn;
  });
  return Promise.all(tables);
}

/** The steps of the last hour's traces, added up. */
async function trafficOf(signal: AbortSignal): Promise<Traffic[]> {
  const { now_ms } = await orderly<{ now_ms: number }>('GET', '/_orderly/clock', undefined, { signal });
  const since = now_ms - HOUR_MILLISECONDS;
  const all: Traffic[] = [];
  let next: string | undefined;
  do {
    const page = await orderly<{ edges: Traffic[]; next?: string }>(
      'GET',
      `/_orderly/map?since=${since}${next ? `&next=${encodeURIComponent(next)}` : ''}`,
      undefined,
      { signal },
    );
    all.push(...page.edges);
    next = page.next;
  } while (next && !signal.aborted);
  return all;
}
