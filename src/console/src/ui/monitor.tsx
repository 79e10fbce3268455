/** The graphs of a resource's Monitor tab. */
import { useMemo } from 'preact/hooks';

import { metricValues, type MetricSeries } from '../api/metrics';
import { search, setSearch } from '../router';
import { Chart } from './chart';
import { Button, Select } from './controls';
import { Loading, Panel } from './layout';
import { Problem } from './problem';
import { useResource } from './resource';

export interface Graph {
  title: string;
  unit?: string;
  series: MetricSeries[];
}

const RANGES: Record<string, { seconds: number; period: number }> = {
  '1h': { seconds: 3600, period: 60 },
  '3h': { seconds: 3 * 3600, period: 60 },
  '12h': { seconds: 12 * 3600, period: 300 },
  '1d': { seconds: 86400, period: 300 },
  '3d': { seconds: 3 * 86400, period: 900 },
  '1w': { seconds: 7 * 86400, period: 3600 },
};

interface MonitorProps {
  namespace: string;
  dimensions: Record<string, string>;
  graphs: Graph[];
}

/** The chosen range is part of the address, under "range". */
export function Monitor({ namespace, dimensions, graphs }: MonitorProps) {
  const chosen = search.value.get('range') ?? '';
  const range = RANGES[chosen] ? chosen : '1h';
  const all = graphs.flatMap(graph => graph.series);
  const values = useResource(`monitor/${namespace}/${JSON.stringify(dimensions)}/${range}`, signal =>
    metricValues(namespace, all, dimensions, RANGES[range]!, signal),
  );
  return (
    <Panel
      title="CloudWatch metrics"
      actions={
        <>
          <Select
            label="Range"
            value={range}
            options={Object.keys(RANGES)}
            onChange={text => setSearch({ range: text })}
          />
          <Button onClick={values.reload}>Refresh</Button>
        </>
      }
    >
      <Problem error={values.error} retry={values.reload} />
      {values.data ? <Graphs graphs={graphs} values={values.data} /> : values.loading && <Loading />}
    </Panel>
  );
}

function Graphs({ graphs, values }: { graphs: Graph[]; values: [number, number][][] }) {
  const shown = useMemo(() => {
    let at = 0;
    return graphs.map(graph => ({
      ...graph,
      series: graph.series.map(one => ({ label: one.label, points: values[at++] ?? [] })),
    }));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the values are of these graphs
  }, [values]);
  return (
    <div class="graphs">
      {shown.map(graph => (
        <Chart key={graph.title} title={graph.title} series={graph.series} unit={graph.unit} />
      ))}
    </div>
  );
}
