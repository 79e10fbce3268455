/** The graphs of a queue, and the alarms that watch it. */
import { orderly } from '../../api/client';
import { metricData, type MetricQuery } from '../../api/metrics';
import type { Queue } from '../../api/sqs';
import { Link, link, search, setSearch } from '../../router';
import { Chart } from '../../ui/chart';
import { Select } from '../../ui/controls';
import { Badge, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { alarmsOf } from './neighbours';

const GRAPHS: [string, string, string[]][] = [
  [
    'Messages sent, received and deleted',
    'Sum',
    ['NumberOfMessagesSent', 'NumberOfMessagesReceived', 'NumberOfMessagesDeleted'],
  ],
  [
    'Messages in the queue',
    'Maximum',
    [
      'ApproximateNumberOfMessagesVisible',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ],
  ],
  ['Age of the oldest message (s)', 'Maximum', ['ApproximateAgeOfOldestMessage']],
  ['Empty receives', 'Sum', ['NumberOfEmptyReceives']],
];

const RANGES = [
  { value: '60', label: '1 hour' },
  { value: '180', label: '3 hours' },
  { value: '1440', label: '1 day' },
  { value: '10080', label: '1 week' },
];

export function MonitoringTab({ queue }: { queue: Queue }) {
  const minutes = Number(search.value.get('minutes') ?? 60);
  const graphs = useResource(
    `sqs/graphs/${queue.name}/${minutes}`,
    async signal => {
      const { now_ms: nowMs } = await orderly<{ now_ms: number }>('GET', '/_orderly/clock', undefined, {
        signal,
      });
      const queries = GRAPHS.flatMap(([, statistic, metrics]) =>
        metrics.map((metric): MetricQuery => ({
          namespace: 'AWS/SQS',
          metric,
          statistic,
          dimensions: { QueueName: queue.name },
        })),
      );
      return metricData(queries, { minutes, nowMs }, signal);
    },
    { on: ({ event }) => event === 'change' },
  );
  const alarms = useResource(`sqs/alarms/${queue.name}`, signal => alarmsOf(queue.name, signal));
  return (
    <Panel
      title="Monitoring"
      actions={
        <Select
          label="Range"
          value={String(minutes)}
          options={RANGES}
          onChange={value => setSearch({ minutes: value })}
        />
      }
    >
      <Problem error={graphs.error} retry={graphs.reload} />
      <div class="split">
        {GRAPHS.map(([title, , metrics]) => (
          <Chart
            key={title}
            title={title}
            series={(graphs.data ?? []).filter(({ label }) => metrics.includes(label))}
          />
        ))}
      </div>
      {alarms.data?.map(({ AlarmName, StateValue }) => (
        <p key={AlarmName}>
          Alarm <Link to={link`cloudwatch/alarms/${AlarmName}`}>{AlarmName}</Link>{' '}
          <Badge tone={StateValue === 'ALARM' ? 'bad' : StateValue === 'OK' ? 'good' : 'plain'}>
            {StateValue}
          </Badge>
        </p>
      ))}
    </Panel>
  );
}
