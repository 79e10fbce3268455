/** CloudWatch's values of one resource, as its page shows them. */
import { json, orderly } from './client';

export interface MetricSeries {
  label: string;
  metric: string;
  stat: string;
  /** If they differ from those of the graph. */
  dimensions?: Record<string, string>;
}

interface Results {
  MetricDataResults: { Id: string; Timestamps: number[]; Values: number[] }[];
  NextToken?: string;
}

/** The time of the server, which its clock may have moved; without permission to ask, that of the browser. */
async function serverNow(): Promise<number> {
  try {
    return (await orderly<{ now_ms: number }>('GET', '/_orderly/clock')).now_ms;
  } catch {
    return Date.now();
  }
}

/** A list of [milliseconds, value] for each series. */
export async function metricValues(
  namespace: string,
  series: MetricSeries[],
  dimensions: Record<string, string>,
  { seconds, period }: { seconds: number; period: number },
  signal: AbortSignal,
): Promise<[number, number][][]> {
  const end = Math.ceil((await serverNow()) / 1000 / period) * period;
  const queries = series.map((one, i) => ({
    Id: `m${i}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: one.metric,
        Dimensions: Object.entries(one.dimensions ?? dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: period,
      Stat: one.stat,
    },
  }));
  const points = series.map((): [number, number][] => []);
  let token: string | undefined;
  do {
    const page: Results = await json<Results>(
      'cloudwatch',
      'GetMetricData',
      {
        MetricDataQueries: queries,
        StartTime: end - seconds,
        EndTime: end,
        ScanBy: 'TimestampAscending',
        ...(token && { NextToken: token }),
      },
      { signal, quiet: true },
    );
    for (const { Id, Timestamps, Values } of page.MetricDataResults)
      Timestamps.forEach((at, i) => points[Number(Id.slice(1))]!.push([at * 1000, Values[i]!]));
    token = page.NextToken;
  } while (token);
  return points;
}
