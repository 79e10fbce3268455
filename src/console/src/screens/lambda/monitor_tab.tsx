/** A function's graphs, from CloudWatch. */
import { useMemo } from 'preact/hooks';

import { orderly } from '../../api/client';
import { changed } from '../../api/events';
import type { FunctionDetails } from '../../api/lambda';
import { metricData } from '../../api/metrics';
import { link, Link, search, setSearch } from '../../router';
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

const RANGES = [
  { value: '60', label: '1 hour' },
  { value: '180', label: '3 hours' },
  { value: '720', label: '12 hours' },
  { value: '1440', label: '1 day' },
  { value: '4320', label: '3 days' },
  { value: '10080', label: '1 week' },
];

/** The server's clock, which may have been moved; without the right to ask for it, the browser's. */
async function serverNow(): Promise<number> {
  try {
    return (await orderly<{ now_ms: number }>('GET', '/_orderly/clock')).now_ms;
  } catch {
    return Date.now();
  }
}

async function load(name: string, minutes: number, signal: AbortSignal): Promise<Series[]> {
  const queries = LINES.map(({ metric, stat, label }) => ({
    namespace: 'AWS/Lambda',
    metric,
    statistic: stat,
    label,
    dimensions: { FunctionName: name },
  }));
  return metricData(queries, { minutes, nowMs: await serverNow() }, signal);
}

export function MonitorTab({ details }: { details: FunctionDetails }) {
  const { FunctionName: name, LoggingConfig: logging } = details.Configuration;
  const minutes = search.value.get('minutes') ?? '180';
  const metrics = useResource(
    `lambda/metrics/${name}/${minutes}`,
    signal => load(name, Number(minutes), signal),
    {
      on: changed('cloudwatch'),
    },
  );
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
        value={minutes}
        options={RANGES}
        onChange={value => setSearch({ minutes: value })}
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

function MetricGraph({ graph, metrics }: { graph: Graph; metrics: Series[] | undefined }) {
  const series = useMemo(
    () => (metrics ?? []).filter(({ label }) => graph.lines.some(line => line.label === label)),
    [graph, metrics],
  );
  return <Chart title={graph.title} unit={graph.unit} series={series} />;
}
