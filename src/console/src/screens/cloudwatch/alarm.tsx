/** CloudWatch › All alarms › an alarm: its graph with the threshold, and its history. */
import { changed } from '../../api/events';
import { alarmHistory, describeAlarms, dimensionsText, type Alarm } from '../../api/cloudwatch';
import { metricData } from '../../api/metrics';
import { clock } from '../../api/server';
import type { Params } from '../../router';
import { Absent } from '../../ui/absent';
import { Chart } from '../../ui/chart';
import { nameOf, Time } from '../../ui/format';
import { Badge, Copy, Empty, Facts, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { AlarmState, conditionOf } from './alarms';

const SHOWN_PERIODS = 60;

const CRUMBS: [string, string][] = [
  ['CloudWatch', 'cloudwatch'],
  ['Alarms', 'cloudwatch/alarms'],
];

export default function AlarmPage({ name = '' }: Params) {
  const on = { on: changed('cloudwatch') };
  const found = useResource(
    `cloudwatch/alarm/${name}`,
    async signal => (await describeAlarms([name], undefined, signal)).items[0],
    on,
  );
  const history = useResource(`cloudwatch/history/${name}`, signal => alarmHistory(name, signal), on);
  const alarm = found.data;
  if (!alarm) return <Absent kind="alarm" name={name} crumbs={CRUMBS} resource={found} />;
  return (
    <Page title={name} crumbs={CRUMBS}>
      <Panel title="Details">
        <Facts
          facts={[
            ['State', <AlarmState alarm={alarm} />],
            ['Why', alarm.StateReason],
            ['Since', <Time at={alarm.StateUpdatedTimestamp} />],
            ['Conditions', conditionOf(alarm)],
            [
              'Metric',
              alarm.Namespace && `${alarm.Namespace} ${alarm.MetricName} ${dimensionsText(alarm.Dimensions)}`,
            ],
            ['Missing data treatment', alarm.TreatMissingData ?? 'missing'],
            ['In alarm', alarm.AlarmActions?.map(nameOf).join(', ')],
            ['OK', alarm.OKActions?.map(nameOf).join(', ')],
            ['ARN', <Copy text={alarm.AlarmArn} />],
          ]}
        />
      </Panel>
      {alarm.MetricName && <Graph alarm={alarm} />}
      <Panel title="History" count={history.data?.length}>
        <Problem error={history.error} />
        <Table
          label="History"
          rows={history.data ?? []}
          rowKey={item => `${item.Timestamp} ${item.HistorySummary}`}
          columns={[
            { id: 'at', title: 'Date', cell: item => <Time at={item.Timestamp} /> },
            { id: 'type', title: 'Type', cell: item => <Badge>{item.HistoryItemType}</Badge> },
            { id: 'what', title: 'Description', cell: item => item.HistorySummary },
          ]}
          empty={<Empty title="Nothing has happened" />}
        />
      </Panel>
    </Page>
  );
}

function Graph({ alarm }: { alarm: Alarm }) {
  const statistic = alarm.Statistic ?? alarm.ExtendedStatistic ?? 'Average';
  const graph = useResource(`cloudwatch/alarm-graph/${alarm.AlarmName}`, async signal => {
    const query = {
      namespace: alarm.Namespace!,
      metric: alarm.MetricName!,
      dimensions: Object.fromEntries((alarm.Dimensions ?? []).map(({ Name, Value }) => [Name, Value])),
      statistic,
    };
    const minutes = Math.max(((alarm.Period ?? 60) / 60) * SHOWN_PERIODS, SHOWN_PERIODS);
    return metricData([query], { minutes, nowMs: (await clock(signal)).now_ms }, signal);
  });
  const lines = alarm.Threshold === undefined ? [] : [{ value: alarm.Threshold, label: 'Threshold' }];
  return (
    <Panel title="Graph">
      <Problem error={graph.error} />
      <Chart
        title={`${alarm.MetricName} (${statistic})`}
        series={graph.data ?? []}
        lines={lines}
        height={240}
      />
    </Panel>
  );
}
