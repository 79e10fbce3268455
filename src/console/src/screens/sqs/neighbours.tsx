/** Who feeds a queue, and who reads it: topics and functions. */
import { useState } from 'preact/hooks';

import { changed, reshaped } from '../../api/events';
import { describeAlarms, type Alarm } from '../../api/cloudwatch';
import { letTopicSend, topicMaySend } from '../../api/grants';
import { topicArns } from '../../api/endpoints';
import { functionsPage } from '../../api/lambda';
import { createMapping, listMappings } from '../../api/lambda_triggers';
import { subscribe, subscriptionsPage, type Subscription } from '../../api/sns';
import type { Queue } from '../../api/sqs';
import { Link, link } from '../../router';
import { LongSelect, useChoices } from '../../ui/choices';
import { Button, Checkbox, TextField } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { flash } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Badge, Empty, Panel } from '../../ui/layout';
import { usePages, type PageOf } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { somePages, useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

/** AWS's API does not list the subscriptions of an endpoint: those of all topics are looked through, so many requests at a time. */
const REQUESTS = 10;

async function subscriptionsOf(
  queueArn: string,
  from: string | undefined,
  signal: AbortSignal,
): Promise<PageOf<Subscription>> {
  let next = from;
  const { items } = await somePages(async token => {
    const page = await subscriptionsPage(undefined, token ?? from, signal);
    next = page.next;
    return page;
  }, REQUESTS);
  return { items: items.filter(({ Endpoint }) => Endpoint === queueArn), next };
}

export function SnsSubscriptionsTab({ queue }: { queue: Queue }) {
  const queueArn = queue.attributes.QueueArn!;
  const found = usePages(
    `sqs/subscriptions/${queueArn}`,
    (token, signal) => subscriptionsOf(queueArn, token, signal),
    { on: reshaped('sns') },
  );
  const [subscribing, setSubscribing] = useState(false);
  return (
    <Panel
      title="SNS subscriptions"
      count={found.loading ? undefined : found.rows.length}
      actions={
        <Button kind="primary" onClick={() => setSubscribing(true)}>
          Subscribe to Amazon SNS topic
        </Button>
      }
    >
      <Problem error={found.error} retry={found.reload} />
      <Table
        label="SNS subscriptions"
        rows={found.rows}
        more={found.more && { ...found.more, waits: true }}
        rowKey={row => row.SubscriptionArn}
        columns={[
          {
            id: 'topic',
            title: 'Topic',
            cell: row => <Link to={link`sns/topics/${nameOf(row.TopicArn)}`}>{nameOf(row.TopicArn)}</Link>,
          },
          { id: 'arn', title: 'Subscription ARN', cell: row => row.SubscriptionArn },
        ]}
        empty={<Empty title={found.loading ? 'Loading…' : 'No topic sends to this queue'} />}
      />
      {subscribing && (
        <Subscribe
          queueArn={queueArn}
          onClose={() => {
            setSubscribing(false);
            void found.reload();
          }}
        />
      )}
    </Panel>
  );
}

function Subscribe({ queueArn, onClose }: { queueArn: string; onClose: () => void }) {
  const known = useResource('sqs/topics', topicArns);
  const [topicArn, setTopicArn] = useState('');
  const [permit, setPermit] = useState(true);
  const save = async () => {
    if (permit) await letTopicSend(topicArn, queueArn);
    await subscribe(topicArn, 'sqs', queueArn, {});
    flash('good', `Subscribed to ${nameOf(topicArn)}`);
  };
  return (
    <FormDialog
      title="Subscribe to Amazon SNS topic"
      wide
      onSave={save}
      onClose={onClose}
      disabled={!topicArn}
    >
      <TextField
        label="Amazon SNS topic"
        hint="Choose a topic, or enter its ARN"
        value={topicArn}
        onInput={setTopicArn}
        list={known.data ?? []}
        required
      />
      <Checkbox
        label="Let the topic send to this queue"
        hint="AWS's console adds this to the queue's access policy without a word:"
        checked={permit}
        onChange={setPermit}
      />
      {permit && topicArn && <pre>{JSON.stringify(topicMaySend(topicArn, queueArn), null, 2)}</pre>}
    </FormDialog>
  );
}

export function LambdaTriggersTab({ queue }: { queue: Queue }) {
  const queueArn = queue.attributes.QueueArn!;
  const found = useResource(
    `sqs/triggers/${queueArn}`,
    signal => listMappings({ EventSourceArn: queueArn }, signal),
    {
      on: changed('lambda'),
    },
  );
  const [adding, setAdding] = useState(false);
  return (
    <Panel
      title="Lambda triggers"
      count={found.data?.length}
      actions={
        <Button kind="primary" onClick={() => setAdding(true)}>
          Configure Lambda function trigger
        </Button>
      }
    >
      <Problem error={found.error} retry={found.reload} />
      <Table
        label="Lambda triggers"
        rows={found.data ?? []}
        rowKey={row => row.UUID}
        columns={[
          {
            id: 'function',
            title: 'Function',
            cell: row => (
              <Link to={link`lambda/functions/${functionName(row.FunctionArn)}`}>
                {functionName(row.FunctionArn)}
              </Link>
            ),
          },
          {
            id: 'state',
            title: 'Status',
            cell: row => <Badge tone={row.State === 'Enabled' ? 'good' : 'plain'}>{row.State}</Badge>,
          },
          { id: 'batch', title: 'Batch size', number: true, cell: row => row.BatchSize },
        ]}
        empty={<Empty title={found.loading ? 'Loading…' : 'No function reads this queue'} />}
      />
      {adding && (
        <AddTrigger
          queueArn={queueArn}
          onClose={() => {
            setAdding(false);
            void found.reload();
          }}
        />
      )}
    </Panel>
  );
}

/** The name in "arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]". */
function functionName(functionArn: string): string {
  return functionArn.split(':')[6] ?? functionArn;
}

function AddTrigger({ queueArn, onClose }: { queueArn: string; onClose: () => void }) {
  const functions = useChoices('sqs/functions', functionsPage, ({ FunctionName }) => ({
    value: FunctionName,
  }));
  const [name, setName] = useState('');
  const save = async () => {
    await createMapping({ EventSourceArn: queueArn, FunctionName: name });
    flash('good', `${name} reads this queue`);
  };
  return (
    <FormDialog title="Trigger AWS Lambda function" onSave={save} onClose={onClose} disabled={!name}>
      <LongSelect label="Lambda function" value={name} choices={functions} onChange={setName} />
    </FormDialog>
  );
}

/** The alarms that watch this queue. */
export async function alarmsOf(queue: string, signal: AbortSignal): Promise<Alarm[]> {
  const { items } = await somePages(token => describeAlarms(undefined, token, signal), REQUESTS);
  return items.filter(({ Dimensions }) => Dimensions?.some(({ Value }) => Value === queue));
}
