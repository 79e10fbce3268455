/** CloudWatch Logs as the console uses it, with the live tail. */
import { allPages } from '../ui/resource';
import { json, send } from './client';
import { readMessages } from './event_stream';

export interface LogGroup {
  logGroupName: string;
  logGroupArn: string;
  arn: string;
  creationTime: number;
  retentionInDays?: number;
  storedBytes: number;
  metricFilterCount: number;
  logGroupClass: string;
  kmsKeyId?: string;
  deletionProtectionEnabled?: boolean;
}

interface Filter {
  filterName: string;
  filterPattern?: string;
  applyOnTransformedLogs?: boolean;
  fieldSelectionCriteria?: string;
}

export interface MetricFilter extends Filter {
  metricTransformations: {
    metricName: string;
    metricNamespace: string;
    metricValue: string;
    defaultValue?: number;
    unit?: string;
    dimensions?: Record<string, string>;
  }[];
  emitSystemFieldDimensions?: string[];
}

export interface SubscriptionFilter extends Filter {
  destinationArn: string;
  roleArn?: string;
  distribution?: string;
  emitSystemFields?: string[];
}

export interface LogStream {
  logStreamName: string;
  lastEventTimestamp?: number;
  firstEventTimestamp?: number;
  storedBytes: number;
}

export interface LogEvent {
  eventId?: string;
  logStreamName?: string;
  timestamp: number;
  message: string;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export async function logGroups(
  prefix: string,
  token?: string,
  signal?: AbortSignal,
): Promise<Page<LogGroup>> {
  const page = await json<{ logGroups: LogGroup[]; nextToken?: string }>(
    'logs',
    'DescribeLogGroups',
    { ...(prefix && { logGroupNamePattern: prefix }), nextToken: token },
    { signal, quiet: true },
  );
  return { items: page.logGroups, next: page.nextToken };
}

export async function logGroup(name: string, signal?: AbortSignal): Promise<LogGroup | undefined> {
  const input = { logGroupNamePrefix: name, limit: 1 };
  const { logGroups } = await json<{ logGroups: LogGroup[] }>('logs', 'DescribeLogGroups', input, {
    signal,
    quiet: true,
  });
  return logGroups.find(group => group.logGroupName === name);
}

/** A group's filters: it has few. */
async function filtersOf<T>(
  operation: string,
  member: string,
  group: string,
  signal?: AbortSignal,
): Promise<T[]> {
  return allPages(async token => {
    const page = await json<Record<string, unknown>>(
      'logs',
      operation,
      { logGroupName: group, nextToken: token },
      { signal, quiet: true },
    );
    return { items: page[member] as T[], next: page.nextToken as string | undefined };
  });
}

export function metricFilters(group: string, signal?: AbortSignal): Promise<MetricFilter[]> {
  return filtersOf('DescribeMetricFilters', 'metricFilters', group, signal);
}

export function subscriptionFilters(group: string, signal?: AbortSignal): Promise<SubscriptionFilter[]> {
  return filtersOf('DescribeSubscriptionFilters', 'subscriptionFilters', group, signal);
}

export async function logGroupTags(arn: string, signal?: AbortSignal): Promise<Record<string, string>> {
  const { tags } = await json<{ tags?: Record<string, string> }>(
    'logs',
    'ListTagsForResource',
    { resourceArn: arn },
    { signal, quiet: true },
  );
  return tags ?? {};
}

/** The newest first. */
export async function logStreams(
  group: string,
  token?: string,
  signal?: AbortSignal,
): Promise<Page<LogStream>> {
  const page = await json<{ logStreams: LogStream[]; nextToken?: string }>(
    'logs',
    'DescribeLogStreams',
    { logGroupName: group, orderBy: 'LastEventTime', descending: true, nextToken: token },
    { signal, quiet: true },
  );
  return { items: page.logStreams, next: page.nextToken };
}

export interface EventQuery {
  group: string;
  stream?: string;
  pattern?: string;
  since?: number;
  token?: string;
}

export async function filterEvents(query: EventQuery, signal?: AbortSignal): Promise<Page<LogEvent>> {
  const page = await json<{ events: LogEvent[]; nextToken?: string }>(
    'logs',
    'FilterLogEvents',
    {
      logGroupName: query.group,
      ...(query.stream && { logStreamNames: [query.stream] }),
      ...(query.pattern && { filterPattern: query.pattern }),
      ...(query.since && { startTime: query.since }),
      nextToken: query.token,
      limit: 1000,
    },
    { signal, quiet: true },
  );
  return { items: page.events, next: page.nextToken };
}

export async function createLogGroup(name: string): Promise<void> {
  await json('logs', 'CreateLogGroup', { logGroupName: name });
}

export async function deleteLogGroup(name: string): Promise<void> {
  await json('logs', 'DeleteLogGroup', { logGroupName: name });
}

export async function setRetention(name: string, days: number | undefined): Promise<void> {
  if (days) await json('logs', 'PutRetentionPolicy', { logGroupName: name, retentionInDays: days });
  else await json('logs', 'DeleteRetentionPolicy', { logGroupName: name });
}

/** Lines as they are written, until the signal; StartLiveTail answers with an event stream. */
export async function liveTail(
  groupArn: string,
  pattern: string,
  heard: (events: LogEvent[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const input = { logGroupIdentifiers: [groupArn], ...(pattern && { logEventFilterPattern: pattern }) };
  const response = await send('/', 'logs', {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Logs_20140328.StartLiveTail' },
    body: JSON.stringify(input),
    signal,
  });
  if (!response.ok || !response.body) throw new Error(await response.text());
  await readMessages(response.body, ({ headers, body }) => {
    if (headers[':event-type'] !== 'sessionUpdate') return;
    const update = JSON.parse(new TextDecoder().decode(body)) as { sessionResults?: LogEvent[] };
    if (update.sessionResults?.length) heard(update.sessionResults);
  });
}
