/** A function's graphs, from CloudWatch. */
import { useMemo, useState } from 'preact/hooks';

import { json, orderly } from '../../api/client';
import { changed } from '../../api/events';
import type { FunctionDetails } from '../../api/lambda';
import { link, Link } from '../../router';
import { Button, Select } from '../../ui/controls';
import { Chart, type Series } from '../../ui/chart';
import { Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';

interface Graph {
  title: string;
  unit?: string;
  lines: { metric: string; stat: string; label: string }[];
}

const GRAPHS: Graph[] = [
  { title: 'Invocations', lines: [{ metric: 'Invocations', stat: 'Sum', label: 'Invocations' }] },
  {
    title: 'Duration',
    unit: 'ms',
    lines: [
      { metric: 'Duration', stat: 'Minimum', label: 'Minimum' },
      { metric: 'Duration', stat: 'Average', label: 'Average' },
      { metric: 'Duration', stat: 'Maximum', label: 'Maximum' },
    ],
  },
  { title: 'Errors', lines: [{ metric: 'Errors', stat: 'Sum', label: 'Errors' }] },
  { title: 'Throttles', lines: [{ metric: 'Throttles', stat: 'Sum', label: 'Throttles' }] },
  {
    title: 'Total concurrent executions',
    lines: [{ metric: 'ConcurrentExecutions', stat: 'Maximum', label: 'ConcurrentExecutions' }],
  },
];

const LINES = GRAPHS.flatMap(graph => graph.lines);

/** Minutes, and the seconds of a point. */
const RANGES: Record<string, { label: string; minutes: number; period: number }> = {
  '1h': { label: '1 hour', minutes: 60, period: 60 },
  '3h': { label: '3 hours', minutes: 180, period: 60 },
  '12h': { label: '12 hours', minutes: 720, period: 300 },
  '1d': { label: '1 day', minutes: 1440, period: 300 },
  '3d': { label: '3 days', minutes: 4320, period: 900 },
  '1w': { label: '1 week', minutes: 10080, period: 3600 },
};

interface Results {
  MetricDataResults: { Id: string; Timestamps: number[]; Values: number[] }[];
}

/** The server's clock, which may have been moved; without the right to ask for it, the browser's. */
async function serverNow(): Promise<number> {
  try {
    return (await orderly<{ now_ms: number }>('GET', '/_orderly/clock')).now_ms;
  } catch {
    return Date.now();
  }
}

async function load(name: string, range: string, signal: AbortSignal): Promise<Map<string, Series>> {
  const { minutes, period } = RANGES[range]!;
  const now = Math.ceil((await serverNow()) / 1000);
  const { MetricDataResults } = await json<Results>(
    'cloudwatch',
    'GetMetricData',
    {
      StartTime: now - minutes * 60,
      EndTime: now + period,
      ScanBy: 'TimestampAscending',
      MetricDataQueries: LINES.map(({ metric, stat }, i) => ({
        Id: `m${i}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Lambda',
            MetricName: metric,
            Dimensions: [{ Name: 'FunctionName', Value: name }],
          },
          Period: period,
          Stat: stat,
        },
      })),
    },
    { quiet: true, signal },
  );
  return new Map(
    MetricDataResults.map(({ Id, Timestamps, Values }) => [
      Id,
      {
        label: LINES[Number(Id.slice(1))]!.label,
        points: Timestamps.map((at, i) => [at * 1000, Values[i]!] as [number, number]),
      },
    ]),
  );
}

export function MonitorTab({ details }: { details: FunctionDetails }) {
  const { FunctionName: name, LoggingConfig: logging } = details.Configuration;
  const [range, setRange] = useState('3h');
  const metrics = useResource(`lambda/metrics/${name}/${range}`, signal => load(name, range, signal), {
    on: changed('cloudwatch'),
  });
  const group = logging?.LogGroup ?? `/aws/lambda/${name}`;
  return (
    <Panel
      title="CloudWatch metrics"
      actions={
        <>
          <Link class="button button-normal" to={link`cloudwatch/log-groups/${group}`}>
            View CloudWatch logs
          </Link>
          <Button onClick={metrics.reload}>Refresh</Button>
        </>
      }
    >
      <Select
        label="Time range"
        value={range}
        options={Object.entries(RANGES).map(([value, { label }]) => ({ value, label }))}
        onChange={setRange}
      />
      <Problem error={metrics.error} retry={metrics.reload} />
      <div class="split">
        {GRAPHS.map(graph => (
          <MetricGraph key={graph.title} graph={graph} metrics={metrics.data} />
        ))}
      </div>
    </Panel>
  );
}

function MetricGraph({ graph, metrics }: { graph: Graph; metrics: Map<string, Series> | undefined }) {
  const series = useMemo(
    () => graph.lines.flatMap(line => metrics?.get(`m${LINES.indexOf(line)}`) ?? []),
    [graph, metrics],
  );
  return <Chart title={graph.title} unit={graph.unit} series={series} />;
}
