/** SQS › Queues › a queue: what it is, who feeds it, who reads it. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteQueue, findQueue, isFifo, purgeQueue, queueName, redriveOf, type Queue } from '../../api/sqs';
import { Link, link, navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { bytes, count, duration, Time } from '../../ui/format';
import { Copy, Facts, Page, Panel, Tabs } from '../../ui/layout';
import { useResource } from '../../ui/resource';
import { AccessPolicyTab, TaggingTab } from './queue_tabs';
import { DeadLetterTab, DlqRedrive, RedriveTasksTab } from './redrive';
import { LambdaTriggersTab, SnsSubscriptionsTab } from './neighbours';
import { MonitoringTab } from './monitoring';

const CRUMBS: [string, string][] = [
  ['Amazon SQS', 'sqs/queues'],
  ['Queues', 'sqs/queues'],
];

export default function QueuePage({ name = '' }: Params) {
  const found = useResource(`sqs/queue/${name}`, signal => findQueue(name, signal), {
    on: changed('sqs'),
  });
  const [asked, setAsked] = useState<'Delete' | 'Purge'>();
  if (!found.data || isMissing(found))
    return <Absent kind="queue" name={name} crumbs={CRUMBS} resource={found} />;
  const queue = found.data;
  const change = async () => {
    if (asked === 'Purge') await attempt(() => purgeQueue(queue.url), `Purged ${name}`);
    else if (await attempt(() => deleteQueue(queue.url), `Deleted ${name}`)) navigate('sqs/queues');
    await found.reload();
  };
  return (
    <Page
      title={name}
      crumbs={CRUMBS}
      actions={
        <>
          <Button onClick={() => navigate(link`sqs/queues/${name}/edit`)}>Edit</Button>
          <Button kind="danger" onClick={() => setAsked('Delete')}>
            Delete
          </Button>
          <Button onClick={() => setAsked('Purge')}>Purge</Button>
          <DlqRedrive queue={queue} />
          <Button kind="primary" onClick={() => navigate(link`sqs/queues/${name}/messages`)}>
            Send and receive messages
          </Button>
        </>
      }
    >
      <Panel title="Details">
        <Details queue={queue} />
      </Panel>
      <Tabs
        label="Queue"
        tabs={[
          { id: 'sns', label: 'SNS subscriptions', content: () => <SnsSubscriptionsTab queue={queue} /> },
          { id: 'lambda', label: 'Lambda triggers', content: () => <LambdaTriggersTab queue={queue} /> },
          { id: 'dlq', label: 'Dead-letter queue', content: () => <DeadLetterTab queue={queue} /> },
          {
            id: 'redrive',
            label: 'Dead-letter queue redrive tasks',
            content: () => <RedriveTasksTab queue={queue} />,
          },
          {
            id: 'policy',
            label: 'Access policy',
            content: () => <AccessPolicyTab queue={queue} onSaved={found.reload} />,
          },
          { id: 'monitoring', label: 'Monitoring', content: () => <MonitoringTab queue={queue} /> },
          { id: 'tags', label: 'Tagging', content: () => <TaggingTab queue={queue} /> },
        ]}
      />
      {asked && (
        <Confirm
          title={`${asked} ${name}`}
          action={asked}
          typed={name}
          onConfirm={change}
          onClose={() => setAsked(undefined)}
        >
          <p>All messages of {name} are lost.</p>
        </Confirm>
      )}
    </Page>
  );
}

function Details({ queue }: { queue: Queue }) {
  const { attributes } = queue;
  const redrive = redriveOf(queue);
  return (
    <Facts
      facts={[
        ['Name', queue.name],
        ['Type', isFifo(queue) ? 'FIFO' : 'Standard'],
        ['ARN', <Copy text={attributes.QueueArn!} />],
        ['URL', <Copy text={queue.url} />],
        ['Messages available', count(attributes.ApproximateNumberOfMessages)],
        ['Messages in flight', count(attributes.ApproximateNumberOfMessagesNotVisible)],
        ['Messages delayed', count(attributes.ApproximateNumberOfMessagesDelayed)],
        [
          'Dead-letter queue',
          redrive && (
            <>
              <Link to={link`sqs/queues/${queueName(redrive.deadLetterTargetArn)}`}>
                {queueName(redrive.deadLetterTargetArn)}
              </Link>
              {` after ${redrive.maxReceiveCount} receives`}
            </>
          ),
        ],
        ['Default visibility timeout', duration(Number(attributes.VisibilityTimeout) * 1000)],
        ['Message retention period', duration(Number(attributes.MessageRetentionPeriod) * 1000)],
        ['Delivery delay', duration(Number(attributes.DelaySeconds) * 1000)],
        ['Receive message wait time', duration(Number(attributes.ReceiveMessageWaitTimeSeconds) * 1000)],
        ['Maximum message size', bytes(Number(attributes.MaximumMessageSize))],
        ['Created', <Time at={attributes.CreatedTimestamp} />],
        ['Last updated', <Time at={attributes.LastModifiedTimestamp} />],
      ]}
    />
  );
}
