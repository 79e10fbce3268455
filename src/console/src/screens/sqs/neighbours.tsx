/** Who feeds a queue, and who reads it: topics and functions. */
import { useState } from 'preact/hooks';

import { query, rest } from '../../api/client';
import { describeAlarms, type Alarm } from '../../api/cloudwatch';
import { letTopicSend, topicMaySend } from '../../api/grants';
import type { Queue } from '../../api/sqs';
import { listOf } from '../../api/xml';
import { Link, link } from '../../router';
import { Button, Checkbox, Form, Select, TextField } from '../../ui/controls';
import { Dialog } from '../../ui/dialog';
import { flash } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Badge, Empty, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { allPages, useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

interface Subscription {
  SubscriptionArn: string;
  TopicArn: string;
  Protocol: string;
  Endpoint: string;
}

async function subscriptionsOf(queueArn: string, signal: AbortSignal): Promise<Subscription[]> {
  const all = await allPages(async token => {
    const page = await query<{ Subscriptions: unknown; NextToken?: string }>(
      'sns',
      'ListSubscriptions',
      { NextToken: token },
      { signal, quiet: true },
    );
    return { items: listOf<Subscription>(page.Subscriptions), next: page.NextToken };
  });
  return all.filter(({ Endpoint }) => Endpoint === queueArn);
}

async function topics(signal: AbortSignal): Promise<string[]> {
  return allPages(async token => {
    const page = await query<{ Topics: unknown; NextToken?: string }>(
      'sns',
      'ListTopics',
      { NextToken: token },
      { signal, quiet: true },
    );
    return {
      items: listOf<{ TopicArn: string }>(page.Topics).map(({ TopicArn }) => TopicArn),
      next: page.NextToken,
    };
  });
}

export function SnsSubscriptionsTab({ queue }: { queue: Queue }) {
  const queueArn = queue.attributes.QueueArn!;
  const found = useResource(`sqs/subscriptions/${queueArn}`, signal => subscriptionsOf(queueArn, signal), {
    on: ({ event, data }) => event === 'change' && data.service === 'sns',
  });
  const [subscribing, setSubscribing] = useState(false);
  return (
    <Panel
      title="SNS subscriptions"
      count={found.data?.length}
      actions={
        <Button kind="primary" onClick={() => setSubscribing(true)}>
          Subscribe to Amazon SNS topic
        </Button>
      }
    >
      <Problem error={found.error} retry={found.reload} />
      <Table
        label="SNS subscriptions"
        rows={found.data ?? []}
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
  const known = useResource('sqs/topics', topics);
  const [topicArn, setTopicArn] = useState('');
  const [permit, setPermit] = useState(true);
  const [error, setError] = useState<unknown>();
  const save = async () => {
    try {
      if (permit) await letTopicSend(topicArn, queueArn);
      await query('sns', 'Subscribe', { TopicArn: topicArn, Protocol: 'sqs', Endpoint: queueArn });
      flash('good', `Subscribed to ${nameOf(topicArn)}`);
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title="Subscribe to Amazon SNS topic" onClose={onClose} wide>
      <Form
        label="Subscribe to Amazon SNS topic"
        submit="Save"
        cancel={onClose}
        onSubmit={save}
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
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}

interface Mapping {
  UUID: string;
  FunctionArn: string;
  State: string;
  BatchSize: number;
}

async function mappingsOf(queueArn: string, signal: AbortSignal): Promise<Mapping[]> {
  const form = new URLSearchParams({ EventSourceArn: queueArn });
  const path = `/2015-03-31/event-source-mappings/?${form}`;
  const response = await rest(
    'ListEventSourceMappings',
    { EventSourceArn: queueArn },
    'GET',
    path,
    undefined,
    {},
    {
      signal,
      quiet: true,
    },
  );
  return ((await response.json()) as { EventSourceMappings: Mapping[] }).EventSourceMappings;
}

async function functions(signal: AbortSignal): Promise<string[]> {
  return allPages(async token => {
    const form = token ? `?Marker=${encodeURIComponent(token)}` : '';
    const response = await rest(
      'ListFunctions',
      {},
      'GET',
      `/2015-03-31/functions/${form}`,
      undefined,
      {},
      { signal, quiet: true },
    );
    const page = (await response.json()) as { Functions: { FunctionName: string }[]; NextMarker?: string };
    return { items: page.Functions.map(({ FunctionName }) => FunctionName), next: page.NextMarker };
  });
}

export function LambdaTriggersTab({ queue }: { queue: Queue }) {
  const queueArn = queue.attributes.QueueArn!;
  const found = useResource(`sqs/triggers/${queueArn}`, signal => mappingsOf(queueArn, signal), {
    on: ({ event, data }) => event === 'change' && data.service === 'lambda',
  });
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
  const known = useResource('sqs/functions', functions);
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>();
  const save = async () => {
    const input = { EventSourceArn: queueArn, FunctionName: name };
    try {
      await rest(
        'CreateEventSourceMapping',
        input,
        'POST',
        '/2015-03-31/event-source-mappings/',
        JSON.stringify(input),
      );
      flash('good', `${name} reads this queue`);
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title="Trigger AWS Lambda function" onClose={onClose}>
      <Form
        label="Trigger AWS Lambda function"
        submit="Save"
        cancel={onClose}
        onSubmit={save}
        disabled={!name}
      >
        <Select
          label="Lambda function"
          value={name}
          options={[{ value: '', label: 'Choose a function', disabled: true }, ...(known.data ?? [])]}
          onChange={setName}
        />
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}

/** The alarms that watch this queue. */
export async function alarmsOf(queue: string, signal: AbortSignal): Promise<Alarm[]> {
  const alarms = await allPages(token => describeAlarms(undefined, token, signal));
  return alarms.filter(({ Dimensions }) => Dimensions?.some(({ Value }) => Value === queue));
}
