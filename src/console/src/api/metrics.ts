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

/** A query as GetMetricData takes it: a metric's statistic, or an expression. */
export interface DataQuery {
  Id: string;
  Label?: string;
  Expression?: string;
  Period?: number;
  ReturnData?: boolean;
  AccountId?: string;
  MetricStat?: {
    Metric: { Namespace: string; MetricName: string; Dimensions: { Name: string; Value: string }[] };
    Period: number;
    Stat: string;
  };
}

/** An expression may have several results. */
export interface DataResult extends Series {
  id: string;
}

export interface Span {
  startMs: number;
  endMs: number;
}

/** Few minutes are shown one by one, many in larger pieces. */
function periodOf(minutes: number): number {
  return minutes <= 180 ? 60 : minutes <= 1440 ? 300 : 3600;
}

/** A page has 100,800 points at most; nobody sees more than those of a few pages. */
const MOST_PAGES = 5;

interface DataPage {
  MetricDataResults: { Id: string; Label: string; Timestamps: (number | string)[]; Values: number[] }[];
  NextToken?: string;
}

/** A metric's points in the order of time; of a page after the first, what belongs to a result that is there is added to it. */
export async function readMetrics(
  queries: DataQuery[],
  { startMs, endMs }: Span,
  options: { signal?: AbortSignal; region?: string } = {},
): Promise<DataResult[]> {
  const results = new Map<string, DataResult>();
  let NextToken: string | undefined;
  for (let i = 0; i < MOST_PAGES && (i === 0 || NextToken); i++) {
    const page: DataPage = await json<DataPage>(
      'cloudwatch',
      'GetMetricData',
      {
        StartTime: startMs / 1000,
        EndTime: endMs / 1000,
        ScanBy: 'TimestampAscending',
        MetricDataQueries: queries,
        NextToken,
      },
      { ...options, quiet: true },
    );
    const named = new Map<string, number>();
    page.MetricDataResults.forEach(({ Id, Label, Timestamps, Values }) => {
      const name = JSON.stringify([Id, Label]);
      const number = named.get(name) ?? 0;
      named.set(name, number + 1);
      const key = `${number} ${name}`;
      const result = results.get(key) ?? { id: Id, label: Label, points: [] };
      Timestamps.forEach((at, n) => result.points.push([dateOf(at).getTime(), Values[n] ?? 0]));
      results.set(key, result);
    });
    NextToken = page.NextToken;
  }
  return [...results.values()];
}

export async function metricData(
  queries: MetricQuery[],
  range: Range,
  signal?: AbortSignal,
): Promise<Series[]> {
  const period = periodOf(range.minutes);
  const span = { startMs: range.nowMs - range.minutes * 60_000, endMs: range.nowMs + 60_000 };
  return readMetrics(
    queries.map((query, i) => ({
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
    span,
    { signal },
  );
}
