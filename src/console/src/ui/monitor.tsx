/** The graphs of a resource's Monitor tab. */
import { useMemo } from 'preact/hooks';

import { metricData, type MetricQuery } from '../api/metrics';
import { serverNow } from '../api/server';
import { search, setSearch } from '../router';
import { Chart, type Series } from './chart';
import { Button, Select } from './controls';
import { Loading, Panel } from './layout';
import { Problem } from './problem';
import { useResource } from './resource';

export interface Graph {
  title: string;
  unit?: string;
  queries: MetricQuery[];
}

const RANGES = [
  { value: '60', label: '1 hour' },
  { value: '180', label: '3 hours' },
  { value: '720', label: '12 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '1 week' },
];

interface MonitorProps {
  /** Names the resource. */
  name: string;
  /** Calls that change this resource are seen as they come. */
  arn: string | undefined;
  graphs: Graph[];
}

/** The chosen range is part of the address, under "minutes". */
export function Monitor({ name, arn, graphs }: MonitorProps) {
  const minutes = Number(search.value.get('minutes') ?? 60);
  const loaded = useResource(
    `monitor/${name}/${minutes}`,
    async signal => {
      const nowMs = await serverNow(signal);
      const queries = graphs.flatMap(graph => graph.queries);
      const span: [number, number] = [nowMs - minutes * 60_000, nowMs];
      return { span, series: await metricData(queries, { minutes, nowMs }, signal) };
    },
    { on: ({ event, data }) => event === 'clock' || (event === 'change' && data.arn === arn) },
  );
  return (
    <Panel
      title="CloudWatch metrics"
      description="Each minute is added when it is over."
      actions={
        <>
          <Select
            label="Range"
            value={String(minutes)}
            options={RANGES}
            onChange={value => setSearch({ minutes: value })}
          />
          <Button onClick={loaded.reload}>Refresh</Button>
        </>
      }
    >
      <Problem error={loaded.error} retry={loaded.reload} />
      {loaded.data ? <Graphs graphs={graphs} {...loaded.data} /> : loaded.loading && <Loading />}
    </Panel>
  );
}

interface GraphsProps {
  graphs: Graph[];
  series: Series[];
  span: [number, number];
}

/** A line without points is left out: nothing is to be seen of it but its name. */
function Graphs({ graphs, series, span }: GraphsProps) {
  const shown = useMemo(() => {
    let at = 0;
    return graphs.map(({ title, unit, queries }) => ({
      title,
      unit,
      series: series.slice(at, (at += queries.length)).filter(one => one.points.length > 0),
      span,
    }));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the series are those of these graphs
  }, [series]);
  return (
    <div class="graphs">
      {shown.map(graph => (
        <Chart key={graph.title} {...graph} />
      ))}
    </div>
  );
}
