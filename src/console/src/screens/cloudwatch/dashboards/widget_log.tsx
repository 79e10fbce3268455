/** A widget of logs: the table of an Insights query, or its figures over time. */
import { useMemo } from 'preact/hooks';

import { runInsights, type InsightsRow } from '../../../api/insights';
import type { Span } from '../../../api/metrics';
import { serverNow } from '../../../api/server';
import { Chart } from '../../../ui/chart';
import { Empty, Loading } from '../../../ui/layout';
import { PlainTable } from '../../../ui/plain_table';
import { Problem } from '../../../ui/problem';
import { textOf } from './body';
import { columnsOf, readLogQuery, seriesOf, valueIn } from './log_query';
import { spanOf } from './time_range';
import { useWidgetData, type WidgetProps } from './widget_data';

/** Every event that is written would run the query again: it is run when the time moves, or by "Refresh". */
const NO_SERVICE: string[] = [];

export function LogWidget(props: WidgetProps) {
  const { properties, view } = props;
  const loaded = useWidgetData(props, NO_SERVICE, async signal => {
    const span = spanOf(view.range, await serverNow(signal));
    const query = readLogQuery(textOf(properties.query) ?? '');
    const { rows, status } = await runInsights(
      { ...query, ...span },
      { signal, region: textOf(properties.region) },
    );
    if (status !== 'Complete') throw new Error(`The query has ended as ${status}.`);
    return { rows, span };
  });
  if (!loaded.data)
    return loaded.error ? <Problem error={loaded.error} retry={loaded.reload} /> : <Loading />;
  return (
    <>
      <Problem error={loaded.error} retry={loaded.reload} />
      <Shown {...props} {...loaded.data} />
    </>
  );
}

/** What has no times is a table, whatever view is asked for. */
function Shown({ title, properties, height, rows, span }: WidgetProps & { rows: InsightsRow[]; span: Span }) {
  const drawn = useMemo(() => {
    const series = properties.view === 'timeSeries' ? seriesOf(rows) : undefined;
    return series && { series, span: [span.startMs, span.endMs] as [number, number] };
  }, [properties.view, rows, span]);
  if (rows.length === 0) return <Empty title="No data found for this time range" />;
  if (drawn)
    return <Chart title={title} titled stacked={properties.stacked === true} height={height} {...drawn} />;
  const columns = columnsOf(rows);
  return (
    <PlainTable
      label={`Results of ${title}`}
      head={columns}
      rows={rows.map(row => columns.map(name => valueIn(row, name)))}
    />
  );
}
