/** The settings of a subscription, in "Create subscription" and in "Edit". */
import { queueArns } from '../../api/endpoints';
import { topicMayInvoke, topicMaySend } from '../../api/grants';
import type { Attributes } from '../../api/sns';
import { account } from '../../session';
import { Code } from '../../ui/code';
import { Checkbox, RadioGroup, TextField } from '../../ui/controls';
import { nameOf } from '../../ui/format';
import { Notice, Panel } from '../../ui/layout';
import { useResource } from '../../ui/resource';
import { parsed } from './parts';

const RAW = ['sqs', 'http', 'https'];

interface FormProps {
  protocol: string;
  value: Attributes;
  onChange: (attributes: Attributes) => void;
}

export function SubscriptionSettings({ protocol, value, onChange }: FormProps) {
  const set = (changes: Attributes) => onChange({ ...value, ...changes });
  const queues = useResource('sns/queues', queueArns);
  const deadLetters = parsed<{ deadLetterTargetArn?: string }>(value, 'RedrivePolicy')?.deadLetterTargetArn;
  const http = protocol === 'http' || protocol === 'https';
  return (
    <>
      {RAW.includes(protocol) && (
        <Panel title="Raw message delivery">
          <Checkbox
            label="Enable raw message delivery"
            hint="The message is delivered alone, without the envelope of SNS."
            checked={value.RawMessageDelivery === 'true'}
            onChange={on => set({ RawMessageDelivery: String(on) })}
          />
        </Panel>
      )}
      <Panel
        title="Subscription filter policy"
        description="The endpoint gets only the messages that it chooses."
      >
        <FilterFields value={value} set={set} />
      </Panel>
      <Panel
        title="Redrive policy (dead-letter queue)"
        description="Messages that cannot be delivered are sent to a queue."
      >
        <TextField
          label="Dead-letter queue"
          optional
          hint="The ARN of an SQS queue"
          value={deadLetters ?? ''}
          list={queues.data ?? []}
          onInput={text =>
            set({ RedrivePolicy: text ? JSON.stringify({ deadLetterTargetArn: text.trim() }) : '' })
          }
        />
      </Panel>
      {http && (
        <Panel title="Delivery policy (HTTP/S)">
          <Checkbox
            label="Use the topic's delivery policy"
            checked={!value.DeliveryPolicy}
            onChange={on => set({ DeliveryPolicy: on ? '' : '{"healthyRetryPolicy": {"numRetries": 3}}' })}
          />
          {value.DeliveryPolicy && (
            <Code
              label="Delivery policy"
              language="json"
              height="160px"
              value={value.DeliveryPolicy}
              onChange={text => set({ DeliveryPolicy: text })}
            />
          )}
        </Panel>
      )}
    </>
  );
}

interface FilterProps {
  value: Attributes;
  set: (changes: Attributes) => void;
}

function FilterFields({ value, set }: FilterProps) {
  const on = Boolean(value.FilterPolicy);
  return (
    <>
      <Checkbox
        label="Subscription filter policy"
        checked={on}
        onChange={wanted => set({ FilterPolicy: wanted ? '{\n  "status": ["confirmed"]\n}' : '' })}
      />
      {on && (
        <>
          <RadioGroup
            legend="Subscription filter policy scope"
            value={value.FilterPolicyScope || 'MessageAttributes'}
            options={[
              { value: 'MessageAttributes', label: 'Message attributes' },
              { value: 'MessageBody', label: 'Message body' },
            ]}
            onChange={text => set({ FilterPolicyScope: text })}
          />
          <Code
            label="Filter policy"
            language="json"
            height="180px"
            value={value.FilterPolicy ?? ''}
            onChange={text => set({ FilterPolicy: text })}
          />
        </>
      )}
    </>
  );
}

export interface Grants {
  endpoint: boolean;
  deadLetters: boolean;
}

interface GrantsProps {
  topic: string;
  protocol: string;
  endpoint: string;
  deadLetters?: string;
  value: Grants;
  onChange: (grants: Grants) => void;
}

/** What AWS's console writes without a word: it is shown, and can be refused. */
export function GrantQuestions({ topic, protocol, endpoint, deadLetters, value, onChange }: GrantsProps) {
  const known = topic.startsWith('arn:') && endpoint.startsWith('arn:');
  return (
    <>
      {known && protocol === 'sqs' && (
        <Panel title="Access policy of the queue">
          <Question
            label={`Let ${nameOf(topic)} send to ${nameOf(endpoint)}`}
            hint="Without this statement in the queue's policy, SNS cannot deliver. It is added to the policy:"
            arn={endpoint}
            document={topicMaySend(topic, endpoint)}
            checked={value.endpoint}
            onChange={on => onChange({ ...value, endpoint: on })}
          />
        </Panel>
      )}
      {known && protocol === 'lambda' && (
        <Panel title="Resource-based policy of the function">
          <Question
            label={`Let ${nameOf(topic)} invoke ${nameOf(endpoint)}`}
            hint="Without this permission, SNS cannot invoke the function. It is added by AddPermission:"
            arn={endpoint}
            document={topicMayInvoke(topic, endpoint)}
            checked={value.endpoint}
            onChange={on => onChange({ ...value, endpoint: on })}
          />
        </Panel>
      )}
      {topic.startsWith('arn:') && deadLetters?.startsWith('arn:') && (
        <Panel title="Access policy of the dead-letter queue">
          <Question
            label={`Let ${nameOf(topic)} send to ${nameOf(deadLetters)}`}
            hint="Without this statement in its policy, the dead letters are lost. It is added to the policy:"
            arn={deadLetters}
            document={topicMaySend(topic, deadLetters)}
            checked={value.deadLetters}
            onChange={on => onChange({ ...value, deadLetters: on })}
          />
        </Panel>
      )}
    </>
  );
}

interface QuestionProps {
  label: string;
  hint: string;
  arn: string;
  document: object;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function Question({ label, hint, arn, document, checked, onChange }: QuestionProps) {
  if (!ofThisAccount(arn))
    return (
      <Notice>{`${nameOf(arn)} belongs to another account, which has to allow it in its policy.`}</Notice>
    );
  return (
    <>
      <Checkbox label={label} hint={hint} checked={checked} onChange={onChange} />
      {checked && <pre tabIndex={0}>{JSON.stringify(document, null, 2)}</pre>}
    </>
  );
}

export function ofThisAccount(arn: string): boolean {
  return arn.split(':')[4] === account.value;
}
