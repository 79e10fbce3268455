/** The graphs of a queue, and the alarms that watch it. */
import type { Queue } from '../../api/sqs';
import { Link, link } from '../../router';
import { Badge } from '../../ui/layout';
import { Monitor, type Graph } from '../../ui/monitor';
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

export function MonitoringTab({ queue }: { queue: Queue }) {
  const alarms = useResource(`sqs/alarms/${queue.name}`, signal => alarmsOf(queue.name, signal));
  const graphs: Graph[] = GRAPHS.map(([title, statistic, metrics]) => ({
    title,
    queries: metrics.map(metric => ({
      namespace: 'AWS/SQS',
      metric,
      statistic,
      dimensions: { QueueName: queue.name },
    })),
  }));
  return (
    <>
      <Monitor name={`sqs/${queue.name}`} arn={queue.attributes.QueueArn} graphs={graphs} />
      {alarms.data?.map(({ AlarmName, StateValue }) => (
        <p key={AlarmName}>
          Alarm <Link to={link`cloudwatch/alarms/${AlarmName}`}>{AlarmName}</Link>{' '}
          <Badge tone={StateValue === 'ALARM' ? 'bad' : StateValue === 'OK' ? 'good' : 'plain'}>
            {StateValue}
          </Badge>
        </p>
      ))}
    </>
  );
}
