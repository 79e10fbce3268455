/** The settings of a topic, in "Create topic" and in "Edit". */
import type { Attributes } from '../../api/sns';
import { Code } from '../../ui/code';
import { Checkbox, RadioGroup, TextField } from '../../ui/controls';
import { pretty } from '../../ui/format';
import { Panel } from '../../ui/layout';
import { LOGGED_PROTOCOLS, LOGGING_PARTS } from './logging';

interface FormProps {
  fifo: boolean;
  value: Attributes;
  onChange: (attributes: Attributes) => void;
}

export interface RetryPolicy {
  http: { defaultHealthyRetryPolicy: Record<string, number | string>; disableSubscriptionOverrides: boolean };
}

/** AWS's own, which a topic without a policy follows. */
const DEFAULT_RETRY: RetryPolicy = {
  http: {
    defaultHealthyRetryPolicy: {
      numRetries: 3,
      numNoDelayRetries: 0,
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numMinDelayRetries: 0,
      numMaxDelayRetries: 0,
      backoffFunction: 'linear',
    },
    disableSubscriptionOverrides: false,
  },
};

export function TopicSettings({ fifo, value, onChange }: FormProps) {
  const set = (name: string, text: string) => onChange({ ...value, [name]: text });
  return (
    <>
      <Panel title="Details and encryption">
        <TextField
          label="Display name"
          optional
          hint="Up to 100 characters: the sender of an SMS or an email"
          value={value.DisplayName ?? ''}
          onInput={text => set('DisplayName', text)}
        />
        {fifo && (
          <>
            <Checkbox
              label="Content-based message deduplication"
              hint="A message without a deduplication ID has the hash of its body."
              checked={value.ContentBasedDeduplication === 'true'}
              onChange={on => set('ContentBasedDeduplication', String(on))}
            />
            <RadioGroup
              legend="FIFO throughput scope"
              value={value.FifoThroughputScope || 'MessageGroup'}
              options={[
                { value: 'MessageGroup', label: 'Message group' },
                { value: 'Topic', label: 'Topic' },
              ]}
              onChange={text => set('FifoThroughputScope', text)}
            />
          </>
        )}
        <TextField
          label="AWS KMS key"
          optional
          hint="It is stored and shown. Messages are not encrypted with it."
          value={value.KmsMasterKeyId ?? ''}
          onInput={text => set('KmsMasterKeyId', text)}
        />
      </Panel>
      <Panel
        title="Access policy"
        description="Who may publish and subscribe. Empty: only the topic's owner."
      >
        <Code
          label="Access policy"
          language="json"
          height="240px"
          value={value.Policy ? pretty(value.Policy) : ''}
          onChange={text => set('Policy', text)}
        />
      </Panel>
      {!fifo && (
        <Panel title="Delivery policy (HTTP/S)" description="When a failed delivery is tried again">
          <Checkbox
            label="Use the default delivery retry policy"
            checked={!value.DeliveryPolicy}
            onChange={on => set('DeliveryPolicy', on ? '' : JSON.stringify(DEFAULT_RETRY, null, 2))}
          />
          {value.DeliveryPolicy && (
            <Code
              label="Delivery policy"
              language="json"
              height="240px"
              value={value.DeliveryPolicy}
              onChange={text => set('DeliveryPolicy', text)}
            />
          )}
        </Panel>
      )}
      <LoggingSettings value={value} set={set} />
    </>
  );
}

interface LoggingProps {
  value: Attributes;
  set: (name: string, text: string) => void;
}

function LoggingSettings({ value, set }: LoggingProps) {
  return (
    <Panel
      title="Delivery status logging"
      description="Deliveries are written to CloudWatch Logs, under a role that may do so."
    >
      {LOGGED_PROTOCOLS.map(([prefix, name]) => (
        <details key={prefix} open={LOGGING_PARTS.some(([part]) => value[prefix + part])}>
          <summary>{name}</summary>
          <div class="row">
            {LOGGING_PARTS.map(([part, label]) => (
              <TextField
                key={part}
                label={`${label} (${name})`}
                optional
                value={value[prefix + part] ?? ''}
                onInput={text => set(prefix + part, text)}
              />
            ))}
          </div>
        </details>
      ))}
    </Panel>
  );
}
