/** The form of Create queue and of Edit. */
import { useState } from 'preact/hooks';

import { listQueues, queueName } from '../../api/sqs';
import { arn } from '../../session';
import { LongSelect, useChoices } from '../../ui/choices';
import { Checkbox, Form, Pairs, RadioGroup, TextField } from '../../ui/controls';
import { Code } from '../../ui/code';
import { duration } from '../../ui/format';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { link, navigate } from '../../router';

export interface QueueValues {
  fifo: boolean;
  name: string;
  visibility: string;
  retention: string;
  delay: string;
  maximumSize: string;
  wait: string;
  contentBased: boolean;
  highThroughput: boolean;
  encrypted: boolean;
  policy: string;
  allow: 'allowAll' | 'byQueue' | 'denyAll';
  allowed: string[];
  deadLetters: boolean;
  target: string;
  maximumReceives: string;
  tags: [string, string][];
}

export const NEW_QUEUE: QueueValues = {
  fifo: false,
  name: '',
  visibility: '30',
  retention: '345600',
  delay: '0',
  maximumSize: '1048576',
  wait: '0',
  contentBased: false,
  highThroughput: false,
  encrypted: true,
  policy: '',
  allow: 'allowAll',
  allowed: [],
  deadLetters: false,
  target: '',
  maximumReceives: '10',
  tags: [],
};

/** What CreateQueue and SetQueueAttributes get. */
export function attributesOf(values: QueueValues, created: boolean): Record<string, string> {
  const redrive = { deadLetterTargetArn: values.target, maxReceiveCount: Number(values.maximumReceives) };
  const allow = {
    redrivePermission: values.allow,
    ...(values.allow === 'byQueue' && { sourceQueueArns: values.allowed }),
  };
  return {
    VisibilityTimeout: values.visibility,
    MessageRetentionPeriod: values.retention,
    DelaySeconds: values.delay,
    MaximumMessageSize: values.maximumSize,
    ReceiveMessageWaitTimeSeconds: values.wait,
    SqsManagedSseEnabled: String(values.encrypted),
    ...(values.policy || !created ? { Policy: values.policy } : {}),
    ...(values.allow !== 'allowAll' || !created ? { RedriveAllowPolicy: JSON.stringify(allow) } : {}),
    ...(values.deadLetters
      ? { RedrivePolicy: JSON.stringify(redrive) }
      : created
        ? {}
        : { RedrivePolicy: '' }),
    ...(values.fifo && {
      ...(created && { FifoQueue: 'true' }),
      ContentBasedDeduplication: String(values.contentBased),
      DeduplicationScope: values.highThroughput ? 'messageGroup' : 'queue',
      FifoThroughputLimit: values.highThroughput ? 'perMessageGroupId' : 'perQueue',
    }),
  };
}

interface FormProps {
  title: string;
  submit: string;
  start: QueueValues;
  /** An existing queue keeps its name and type. */
  existing?: string;
  save: (values: QueueValues) => Promise<void>;
}

export function QueueForm({ title, submit, start, existing, save }: FormProps) {
  const [values, setValues] = useState(start);
  const [error, setError] = useState<unknown>();
  const set = (changes: Partial<QueueValues>) => setValues(before => ({ ...before, ...changes }));
  const send = async () => {
    try {
      await save(values);
    } catch (failure) {
      setError(failure);
    }
  };
  const back = existing ? link`sqs/queues/${existing}` : 'sqs/queues';
  return (
    <Page
      title={title}
      crumbs={[
        ['Amazon SQS', 'sqs/queues'],
        ['Queues', 'sqs/queues'],
      ]}
    >
      <Form label={title} submit={submit} cancel={() => navigate(back)} onSubmit={send}>
        <Details values={values} set={set} existing={existing} />
        <Configuration values={values} set={set} />
        <Panel title="Encryption">
          <RadioGroup
            legend="Server-side encryption"
            value={values.encrypted ? 'Enabled' : 'Disabled'}
            options={['Disabled', 'Enabled'].map(value => ({ value, label: value }))}
            onChange={value => set({ encrypted: value === 'Enabled' })}
          />
        </Panel>
        <AccessPolicy values={values} set={set} />
        <RedriveAllow values={values} set={set} />
        <DeadLetterQueue values={values} set={set} existing={existing} />
        {!existing && (
          <Panel title="Tags - Optional">
            <Pairs label="Tags" pairs={values.tags} onChange={tags => set({ tags })} addLabel="Add new tag" />
          </Panel>
        )}
        <Problem error={error} />
      </Form>
    </Page>
  );
}

interface PartProps {
  values: QueueValues;
  set: (changes: Partial<QueueValues>) => void;
  existing?: string;
}

function Details({ values, set, existing }: PartProps) {
  if (existing) return null;
  return (
    <Panel title="Details">
      <RadioGroup
        legend="Type"
        tiles
        value={values.fifo ? 'FIFO' : 'Standard'}
        options={[
          {
            value: 'Standard',
            label: 'Standard',
            hint: 'At-least-once delivery, message ordering is not preserved',
          },
          { value: 'FIFO', label: 'FIFO', hint: 'First-in-first-out delivery, exactly-once processing' },
        ]}
        onChange={value => set({ fifo: value === 'FIFO' })}
      />
      <TextField
        label="Name"
        hint={
          values.fifo
            ? 'Up to 80 letters, digits, - and _; it ends in .fifo'
            : 'Up to 80 letters, digits, - and _; case matters'
        }
        placeholder={values.fifo ? 'MyQueue.fifo' : 'MyQueue'}
        value={values.name}
        onInput={name => set({ name })}
        required
      />
    </Panel>
  );
}

function Configuration({ values, set }: PartProps) {
  const seconds = (
    label: string,
    member: 'visibility' | 'retention' | 'delay' | 'wait',
    min: number,
    max: number,
  ) => (
    <TextField
      label={label}
      type="number"
      min={min}
      max={max}
      required
      hint={`${duration(min * 1000)} to ${duration(max * 1000)}, in seconds; this is ${duration(Number(values[member]) * 1000)}`}
      value={values[member]}
      onInput={value => set({ [member]: value })}
    />
  );
  return (
    <Panel title="Configuration">
      <div class="row">
        {seconds('Visibility timeout', 'visibility', 0, 43_200)}
        {seconds('Message retention period', 'retention', 60, 1_209_600)}
      </div>
      <div class="row">
        {seconds('Delivery delay', 'delay', 0, 900)}
        {seconds('Receive message wait time', 'wait', 0, 20)}
      </div>
      <TextField
        label="Maximum message size"
        type="number"
        min={1024}
        max={1_048_576}
        required
        hint="1 KB to 1 MB, in bytes"
        value={values.maximumSize}
        onInput={maximumSize => set({ maximumSize })}
      />
      {values.fifo && (
        <>
          <Checkbox
            label="Content-based deduplication"
            checked={values.contentBased}
            onChange={contentBased => set({ contentBased })}
          />
          <Checkbox
            label="Enable high throughput FIFO"
            hint="Deduplication scope: message group; FIFO throughput limit: per message group ID"
            checked={values.highThroughput}
            onChange={highThroughput => set({ highThroughput })}
          />
        </>
      )}
    </Panel>
  );
}

function AccessPolicy({ values, set }: PartProps) {
  const [advanced, setAdvanced] = useState(values.policy !== '');
  const basic = {
    Version: '2012-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__owner_statement',
        Effect: 'Allow',
        Principal: { AWS: arn('iam', 'root', false) },
        Action: 'SQS:*',
        Resource: arn('sqs', values.name || 'NAME'),
      },
    ],
  };
  const choose = (method: string) => {
    setAdvanced(method === 'Advanced');
    set({ policy: method === 'Advanced' ? JSON.stringify(basic, null, 2) : '' });
  };
  return (
    <Panel title="Access policy" description="Who can access your queue">
      <RadioGroup
        legend="Choose method"
        tiles
        value={advanced ? 'Advanced' : 'Basic'}
        options={[
          {
            value: 'Basic',
            label: 'Basic',
            hint: 'Only this account, by the policies of its users and roles',
          },
          { value: 'Advanced', label: 'Advanced', hint: 'A policy in JSON' },
        ]}
        onChange={choose}
      />
      {advanced && (
        <Code
          label="Access policy"
          language="json"
          value={values.policy}
          onChange={policy => set({ policy })}
        />
      )}
    </Panel>
  );
}

function RedriveAllow({ values, set }: PartProps) {
  return (
    <Panel
      title="Redrive allow policy - Optional"
      description="Which source queues can use this queue as the dead-letter queue"
    >
      <RadioGroup
        legend="Redrive permission"
        value={values.allow}
        options={[
          { value: 'allowAll', label: 'Allow all' },
          { value: 'byQueue', label: 'By queue' },
          { value: 'denyAll', label: 'Deny all' },
        ]}
        onChange={allow => set({ allow: allow as QueueValues['allow'] })}
      />
      {values.allow === 'byQueue' && (
        <TextField
          label="Source queue ARNs"
          hint="Up to 10, with commas between them"
          value={values.allowed.join(',')}
          onInput={text => set({ allowed: text.split(/[,\s]+/).filter(Boolean) })}
          mono
        />
      )}
    </Panel>
  );
}

function DeadLetterQueue({ values, set, existing }: PartProps) {
  const queues = useChoices(
    `sqs/names/${values.fifo}`,
    (token, signal) => listQueues(token, undefined, signal),
    url => {
      const name = queueName(url);
      const fitting = name.endsWith('.fifo') === values.fifo && name !== existing;
      return fitting ? { value: arn('sqs', name), label: name } : undefined;
    },
  );
  return (
    <Panel title="Dead-letter queue - Optional" description="Where messages go that could not be processed">
      <RadioGroup
        legend="Set this queue to receive undeliverable messages"
        value={values.deadLetters ? 'Enabled' : 'Disabled'}
        options={['Disabled', 'Enabled'].map(value => ({ value, label: value }))}
        onChange={value => set({ deadLetters: value === 'Enabled' })}
      />
      {values.deadLetters && (
        <>
          <LongSelect
            label="Choose queue"
            value={values.target}
            choices={queues}
            onChange={target => set({ target })}
          />
          <TextField
            label="Maximum receives"
            hint="1 to 1,000: after so many receives a message goes to the dead-letter queue"
            type="number"
            min={1}
            max={1000}
            required
            value={values.maximumReceives}
            onInput={maximumReceives => set({ maximumReceives })}
          />
        </>
      )}
    </Panel>
  );
}
