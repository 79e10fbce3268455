/** CloudWatch's metrics and alarms as the console uses them. */
import { json } from './client';

export interface Dimension {
  Name: string;
  Value: string;
}

export interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions: Dimension[];
}

export interface Alarm {
  AlarmName: string;
  AlarmArn: string;
  AlarmDescription?: string;
  StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  StateReason: string;
  StateUpdatedTimestamp: number | string;
  ActionsEnabled: boolean;
  /** Empty lists are left out. */
  AlarmActions?: string[];
  OKActions?: string[];
  InsufficientDataActions?: string[];
  Namespace?: string;
  MetricName?: string;
  Dimensions?: Dimension[];
  Unit?: string;
  /** Instead of one metric. */
  Metrics?: object[];
  ThresholdMetricId?: string;
  EvaluateLowSampleCountPercentile?: string;
  Statistic?: string;
  ExtendedStatistic?: string;
  Period?: number;
  EvaluationPeriods?: number;
  DatapointsToAlarm?: number;
  Threshold?: number;
  ComparisonOperator?: string;
  TreatMissingData?: string;
  /** Of a composite alarm. */
  AlarmRule?: string;
  ActionsSuppressor?: string;
  ActionsSuppressorWaitPeriod?: number;
  ActionsSuppressorExtensionPeriod?: number;
}

export interface HistoryItem {
  Timestamp: number | string;
  HistoryItemType: string;
  HistorySummary: string;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export async function listMetrics(
  namespace: string,
  token?: string,
  signal?: AbortSignal,
): Promise<Page<Metric>> {
  const page = await json<{ Metrics: Metric[]; NextToken?: string }>(
    'cloudwatch',
    'ListMetrics',
    { ...(namespace && { Namespace: namespace }), NextToken: token },
    { signal, quiet: true },
  );
  return { items: page.Metrics, next: page.NextToken };
}

export async function describeAlarms(
  names?: string[],
  token?: string,
  signal?: AbortSignal,
  region?: string,
): Promise<Page<Alarm>> {
  const page = await json<{ MetricAlarms: Alarm[]; CompositeAlarms: Alarm[]; NextToken?: string }>(
    'cloudwatch',
    'DescribeAlarms',
    { AlarmNames: names, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], NextToken: token },
    { signal, region, quiet: true },
  );
  return { items: [...page.MetricAlarms, ...page.CompositeAlarms], next: page.NextToken };
}

export async function alarmHistory(name: string, signal?: AbortSignal): Promise<HistoryItem[]> {
  const input = {
    AlarmName: name,
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    ScanBy: 'TimestampDescending',
  };
  const page = await json<{ AlarmHistoryItems: HistoryItem[] }>('cloudwatch', 'DescribeAlarmHistory', input, {
    signal,
    quiet: true,
  });
  return page.AlarmHistoryItems;
}

export async function tagsOf(arn: string, signal?: AbortSignal): Promise<{ Key: string; Value: string }[]> {
  const { Tags } = await json<{ Tags?: { Key: string; Value: string }[] }>(
    'cloudwatch',
    'ListTagsForResource',
    { ResourceARN: arn },
    { signal, quiet: true },
  );
  return Tags ?? [];
}

export async function putAlarm(input: object): Promise<void> {
  await json('cloudwatch', 'PutMetricAlarm', input);
}

export async function deleteAlarms(names: string[]): Promise<void> {
  await json('cloudwatch', 'DeleteAlarms', { AlarmNames: names });
}

/** "QueueName=OrderDLQ": a metric's dimensions in one line. */
export function dimensionsText(dimensions: Dimension[] = []): string {
  return dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(', ');
}
