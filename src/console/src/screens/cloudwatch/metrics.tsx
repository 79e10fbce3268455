/** CloudWatch › All metrics: choose some, and see them in one graph. */
import { useRef, useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { dimensionsText, listMetrics, type Metric } from '../../api/cloudwatch';
import { metricData } from '../../api/metrics';
import { clock } from '../../api/server';
import { navigate, search, setSearch } from '../../router';
import { Chart } from '../../ui/chart';
import { Button, Select } from '../../ui/controls';
import { Empty, Page, Panel } from '../../ui/layout';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { AddToDashboard } from './dashboards/add_to_dashboard';

const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p90', 'p99'];
const RANGES = [
  { value: '60', label: '1 hour' },
  { value: '180', label: '3 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '1 week' },
];
const MOST = 20;
/** Those of the server's services; others are known when their metrics have been listed. */
const OWN_NAMESPACES = ['AWS/DynamoDB', 'AWS/Lambda', 'AWS/Logs', 'AWS/SNS', 'AWS/SQS'];

function keyOf(metric: Metric): string {
  return JSON.stringify([
    metric.Namespace,
    metric.MetricName,
    ...metric.Dimensions.flatMap(({ Name, Value }) => [Name, Value]),
  ]);
}

export default function Metrics() {
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [namespace, setNamespace] = useState('');
  const metrics = usePages(`cloudwatch/metrics/${namespace}`, (token, signal) =>
    listMetrics(namespace, token, signal),
  );
  const known = useRef(new Set(OWN_NAMESPACES));
  for (const metric of metrics.rows) known.current.add(metric.Namespace);
  const [chosen, setChosen] = useState<Metric[]>([]);
  const choose = (keys: Set<string>) => {
    const rows = new Map([...chosen, ...metrics.rows].map(metric => [keyOf(metric), metric]));
    setSelected(keys);
    setChosen([...keys].flatMap(key => rows.get(key) ?? []).slice(0, MOST));
  };
  return (
    <Page title="Metrics" crumbs={[['CloudWatch', 'cloudwatch']]}>
      <Problem error={metrics.error} retry={metrics.reload} />
      <Graphed chosen={chosen} />
      <Panel
        title="Browse"
        count={`${metrics.rows.length}${metrics.more ? '+' : ''}`}
        actions={
          <>
            <Select
              label="Namespace"
              value={namespace}
              options={[{ value: '', label: 'All namespaces' }, ...[...known.current].sort()]}
              onChange={setNamespace}
            />
            <Button
              disabled={chosen.length !== 1}
              onClick={() =>
                navigate(`cloudwatch/create-alarm?metric=${encodeURIComponent(keyOf(chosen[0]!))}`)
              }
            >
              Create alarm
            </Button>
          </>
        }
      >
        <Table
          label="Metrics"
          filterLabel="Search for any metric, dimension or resource"
          rows={metrics.rows}
          more={metrics.more}
          rowKey={keyOf}
          filterText={metric =>
            `${metric.Namespace} ${metric.MetricName} ${dimensionsText(metric.Dimensions)}`
          }
          selection={{ keys: selected, onChange: choose, label: metric => metric.MetricName }}
          initialSort={{ id: 'namespace' }}
          columns={[
            {
              id: 'namespace',
              title: 'Namespace',
              sort: metric => metric.Namespace,
              cell: metric => metric.Namespace,
            },
            {
              id: 'name',
              title: 'Metric name',
              sort: metric => metric.MetricName,
              cell: metric => metric.MetricName,
            },
            {
              id: 'dimensions',
              title: 'Dimensions',
              cell: metric => dimensionsText(metric.Dimensions) || '–',
            },
          ]}
          empty={<Empty title={metrics.loading ? 'Loading…' : 'Nothing has been counted yet'} />}
        />
      </Panel>
    </Page>
  );
}

function Graphed({ chosen }: { chosen: Metric[] }) {
  const statistic = search.value.get('statistic') ?? 'Average';
  const minutes = Number(search.value.get('minutes') ?? 60);
  const key = chosen.length ? `cloudwatch/graph/${statistic}/${minutes}/${chosen.map(keyOf).join()}` : '';
  const graph = useResource(
    key,
    async signal => {
      const queries = chosen.map(metric => ({
        namespace: metric.Namespace,
        metric: metric.MetricName,
        dimensions: Object.fromEntries(metric.Dimensions.map(({ Name, Value }) => [Name, Value])),
        statistic,
        label: [metric.MetricName, dimensionsText(metric.Dimensions)].filter(Boolean).join(' '),
      }));
      return metricData(queries, { minutes, nowMs: (await clock(signal)).now_ms }, signal);
    },
    { on: event => event.event === 'clock' || changed('cloudwatch')(event) },
  );
  const [adding, setAdding] = useState(false);
  return (
    <Panel
      title="Graph"
      actions={
        <div class="row">
          <Button disabled={chosen.length === 0} onClick={() => setAdding(true)}>
            Add to dashboard
          </Button>
          <Select
            label="Statistic"
            value={statistic}
            options={STATISTICS}
            onChange={value => setSearch({ statistic: value })}
          />
          <Select
            label="Range"
            value={String(minutes)}
            options={RANGES}
            onChange={value => setSearch({ minutes: value })}
          />
        </div>
      }
    >
      <Problem error={graph.error} retry={graph.reload} />
      {chosen.length === 0 ? (
        <Empty title="Select metrics below" />
      ) : (
        <Chart title={statistic} series={graph.data ?? []} height={300} />
      )}
      {chosen.length === MOST && <p class="hint">{`The first ${MOST} are drawn.`}</p>}
      {adding && <AddToDashboard metrics={chosen} statistic={statistic} onClose={() => setAdding(false)} />}
    </Panel>
  );
}
