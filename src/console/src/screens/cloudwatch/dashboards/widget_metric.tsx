/** A widget of metrics: lines, stacked areas, or the latest values. */
import { useMemo } from 'preact/hooks';

import { describeAlarms } from '../../../api/cloudwatch';
import { readMetrics, type DataResult, type Span } from '../../../api/metrics';
import { serverNow } from '../../../api/server';
import { Chart, type Bounds, type Series } from '../../../ui/chart';
import { Loading } from '../../../ui/layout';
import { Problem } from '../../../ui/problem';
import { isObject, numberIn, textOf, type Properties } from './body';
import { alarmName } from './alarm_arn';
import { drawnRows, metricRows, rowOfMetric, type Drawn, type MetricRow } from './metric_rows';
import { periodFor, spanOf, wholePeriod } from './time_range';
import { useWidgetData, type WidgetProps } from './widget_data';
import { LatestValues } from './widget_values';

interface Graph {
  series: Series[];
  span: Span;
  lines: { value: number; label: string }[];
}

const CLOUDWATCH = ['cloudwatch'];

export function MetricWidget(props: WidgetProps) {
  const { properties, view } = props;
  const loaded = useWidgetData(props, CLOUDWATCH, async signal => {
    const span = spanOf(view.range, await serverNow(signal));
    const shown = await shownMetrics(properties, signal);
    const own = (period: number | undefined) =>
      properties.setPeriodToTimeRange === true ? wholePeriod(span) : periodFor(view.period, period, span);
    const drawn = drawnRows(shown.rows, properties, own);
    const series = await readAll(drawn, textOf(properties.region), span, signal);
    return { series, span, lines: shown.lines };
  });
  return (
    <>
      <Problem error={loaded.error} retry={loaded.reload} />
      {loaded.data ? <Shown {...props} graph={loaded.data} /> : loaded.loading && <Loading />}
    </>
  );
}

interface ShownMetrics {
  rows: MetricRow[];
  lines: Graph['lines'];
}

/** Its metrics and thresholds, or those of the alarm that it names. */
async function shownMetrics(properties: Properties, signal: AbortSignal): Promise<ShownMetrics> {
  const annotations = isObject(properties.annotations) ? properties.annotations : {};
  const [arn] = Array.isArray(annotations.alarms) ? (annotations.alarms as unknown[]) : [];
  const rows = metricRows(properties.metrics);
  if (rows.length > 0 || typeof arn !== 'string') return { rows, lines: linesOf(annotations.horizontal) };
  const name = alarmName(arn);
  const [alarm] = (await describeAlarms([name], undefined, signal)).items;
  if (!alarm?.MetricName) throw new Error(`There is no alarm ${name} of a metric.`);
  const { Namespace = '', MetricName, Dimensions = [], Threshold } = alarm;
  const row = rowOfMetric({ Namespace, MetricName, Dimensions });
  const stat = alarm.Statistic ?? alarm.ExtendedStatistic;
  return {
    rows: [{ ...row, options: { stat, period: alarm.Period } }],
    lines: Threshold === undefined ? [] : [{ value: Threshold, label: name }],
  };
}

/** Annotations at a value; a band has two. */
function linesOf(annotations: unknown): Graph['lines'] {
  const all: unknown[] = Array.isArray(annotations) ? annotations.flat() : [];
  return all.flatMap(one =>
    isObject(one) && typeof one.value === 'number' && one.visible !== false
      ? [{ value: one.value, label: textOf(one.label) ?? String(one.value) }]
      : [],
  );
}

/** Metrics of another region are asked for there. */
async function readAll(
  drawn: Drawn[],
  region: string | undefined,
  span: Span,
  signal: AbortSignal,
): Promise<Series[]> {
  const regions = [...new Set(drawn.map(one => one.region ?? region))];
  const results = await Promise.all(
    regions.map(async there => {
      const mine = drawn.filter(one => (one.region ?? region) === there);
      const found = await readMetrics(
        mine.map(one => one.query),
        span,
        { signal, region: there },
      );
      return found.map(result => asDrawn(result, mine));
    }),
  );
  return results.flat();
}

function asDrawn({ id, label, points }: DataResult, drawn: Drawn[]): Series {
  const { colour, right } = drawn.find(one => one.query.Id === id) ?? {};
  return { label, points, colour, right };
}

function boundsOf(properties: Properties, side: string): Bounds | undefined {
  const axis = isObject(properties.yAxis) ? properties.yAxis[side] : undefined;
  if (!isObject(axis)) return undefined;
  return { min: numberIn(axis.min, -Infinity, Infinity), max: numberIn(axis.max, -Infinity, Infinity) };
}

function Shown({ title, properties, height, graph }: WidgetProps & { graph: Graph }) {
  const view = textOf(properties.view) ?? 'timeSeries';
  const { series, span, lines } = graph;
  const drawn = useMemo(
    () => ({
      series: series.filter(one => one.points.length > 0),
      lines,
      span: [span.startMs, span.endMs] as [number, number],
      bounds: { left: boundsOf(properties, 'left'), right: boundsOf(properties, 'right') },
    }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the graph is that of these properties
    [graph],
  );
  if (view !== 'timeSeries')
    return <LatestValues view={view} title={title} series={series} bounds={drawn.bounds.left} />;
  return <Chart title={title} titled stacked={properties.stacked === true} height={height} {...drawn} />;
}
