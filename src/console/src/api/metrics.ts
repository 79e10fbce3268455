/** Graphs of a resource: the sums, averages and maxima that CloudWatch keeps by the minute. */
import type { Series } from '../ui/chart';
import { dateOf } from '../ui/format';
import { json } from './client';

export interface MetricQuery {
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
  statistic: string;
  label?: string;
}

export interface Range {
  /** Minutes back from now, on the server's clock. */
  minutes: number;
  nowMs: number;
}

/** Few minutes are shown one by one, many in larger pieces. */
function periodOf(minutes: number): number {
  return minutes <= 180 ? 60 : minutes <= 1440 ? 300 : 3600;
}

export async function metricData(
  queries: MetricQuery[],
  range: Range,
  signal?: AbortSignal,
): Promise<Series[]> {
  const period = periodOf(range.minutes);
  const { MetricDataResults } = await json<{
    MetricDataResults: { Id: string; Label: string; Timestamps: (number | string)[]; Values: number[] }[];
  }>(
    'cloudwatch',
    'GetMetricData',
    {
      StartTime: range.nowMs / 1000 - range.minutes * 60,
      EndTime: range.nowMs / 1000 + 60,
      ScanBy: 'TimestampAscending',
      MetricDataQueries: queries.map((query, i) => ({
        Id: `m${i}`,
        Label: query.label ?? query.metric,
        MetricStat: {
          Metric: {
            Namespace: query.namespace,
            MetricName: query.metric,
            Dimensions: Object.entries(query.dimensions).map(([Name, Value]) => ({ Name, Value })),
          },
          Period: period,
          Stat: query.statistic,
        },
      })),
    },
    { signal, quiet: true },
  );
  return MetricDataResults.map(result => ({
    label: result.Label,
    points: result.Timestamps.map((at, i): [number, number] => [dateOf(at).getTime(), result.Values[i] ?? 0]),
  }));
}
