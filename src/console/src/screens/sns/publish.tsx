/** SNS › Topics › a topic › Publish message. */
import { useState } from 'preact/hooks';

import { publish, topicAttributes, type MessageAttribute, type Outgoing } from '../../api/sns';
import { navigate, type Params } from '../../router';
import { Button, Form, RadioGroup, Select, TextArea, TextField } from '../../ui/controls';
import { nameOf } from '../../ui/format';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Outcomes } from './outcomes';
import { isFifo, PROTOCOLS, topicAddress, topicArn, topicCrumbs } from './parts';

const ATTRIBUTE_TYPES = ['String', 'String.Array', 'Number', 'Binary'];

interface AttributeFields {
  name: string;
  type: string;
  value: string;
}

interface Message {
  subject: string;
  group: string;
  deduplication: string;
  structure: 'same' | 'json';
  body: string;
  /** By protocol; "default" is what the others get. */
  bodies: Record<string, string>;
  attributes: AttributeFields[];
}

const EMPTY: Message = {
  subject: '',
  group: '',
  deduplication: '',
  structure: 'same',
  body: '',
  bodies: { default: '' },
  attributes: [],
};

function attributesOf(fields: AttributeFields[]): Record<string, MessageAttribute> {
  return Object.fromEntries(
    fields.map(({ name, type, value }) => [
      name,
      { DataType: type, [type === 'Binary' ? 'BinaryValue' : 'StringValue']: value },
    ]),
  );
}

function outgoing(topic: string, message: Message): Outgoing {
  const bodies = Object.fromEntries(Object.entries(message.bodies).filter(([, text]) => text));
  return {
    TopicArn: topic,
    Subject: message.subject || undefined,
    ...(message.structure === 'json'
      ? { Message: JSON.stringify(bodies), MessageStructure: 'json' }
      : { Message: message.body }),
    MessageAttributes: attributesOf(message.attributes),
    MessageGroupId: message.group || undefined,
    MessageDeduplicationId: message.deduplication || undefined,
  };
}

export default function PublishMessage({ topic = '' }: Params) {
  const arn = topicArn(topic);
  const fifo = isFifo(arn);
  const attributes = useResource(`sns/topic/${arn}`, signal => topicAttributes(arn, signal));
  const [message, setMessage] = useState(EMPTY);
  const [published, setPublished] = useState<string[]>([]);
  const [error, setError] = useState<unknown>();
  const set = (changes: Partial<Message>) => setMessage({ ...message, ...changes });
  const send = async () => {
    try {
      const id = await publish(outgoing(arn, message));
      setPublished([id, ...published]);
      setError(undefined);
      scrollTo(0, 0);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Page title="Publish message to topic" description={arn} crumbs={topicCrumbs(arn)}>
      <Problem error={attributes.error} />
      {published.map(id => (
        <Outcomes key={id} messageId={id} />
      ))}
      <Form
        label="Publish message"
        submit={published.length > 0 ? 'Publish again' : 'Publish message'}
        cancel={() => navigate(topicAddress(arn))}
        onSubmit={send}
      >
        <Panel title="Message details">
          <TextField
            label="Subject"
            optional
            hint="Up to 100 characters"
            value={message.subject}
            onInput={subject => set({ subject })}
          />
          {fifo && (
            <>
              <TextField
                label="Message group ID"
                value={message.group}
                onInput={group => set({ group })}
                required
              />
              <TextField
                label="Message deduplication ID"
                optional={attributes.data?.ContentBasedDeduplication === 'true'}
                hint="Within five minutes, a message with the same ID is taken and not delivered again."
                value={message.deduplication}
                onInput={deduplication => set({ deduplication })}
              />
            </>
          )}
        </Panel>
        <Body message={message} set={set} />
        <AttributesPanel fields={message.attributes} onChange={fields => set({ attributes: fields })} />
        <Problem error={error} />
      </Form>
      <p class="hint">{`Endpoints get this from ${nameOf(arn)} in the envelope of SNS, unless their delivery is raw.`}</p>
    </Page>
  );
}

interface BodyProps {
  message: Message;
  set: (changes: Partial<Message>) => void;
}

function Body({ message, set }: BodyProps) {
  const chosen = Object.keys(message.bodies);
  const left = PROTOCOLS.filter(({ value }) => !chosen.includes(value));
  const change = (protocol: string, text: string) => set({ bodies: { ...message.bodies, [protocol]: text } });
  return (
    <Panel title="Message body">
      <RadioGroup
        legend="Message structure"
        tiles
        value={message.structure}
        options={[
          {
            value: 'same',
            label: 'Identical payload for all delivery protocols',
            hint: 'Endpoints of all protocols get the same text.',
          },
          {
            value: 'json',
            label: 'Custom payload for each delivery protocol',
            hint: 'Each protocol can have a text of its own.',
          },
        ]}
        onChange={text => set({ structure: text as Message['structure'] })}
      />
      {message.structure === 'same' ? (
        <TextArea
          label="Message body to send to the endpoint"
          value={message.body}
          onInput={body => set({ body })}
          rows={8}
        />
      ) : (
        <>
          {chosen.map(protocol => (
            <TextArea
              key={protocol}
              label={
                protocol === 'default'
                  ? 'Default message body'
                  : `Message body for ${PROTOCOLS.find(({ value }) => value === protocol)?.label}`
              }
              value={message.bodies[protocol] ?? ''}
              onInput={text => change(protocol, text)}
              rows={4}
            />
          ))}
          <Select
            label="Add a message body for a protocol"
            value=""
            options={[{ value: '', label: 'Choose a protocol' }, ...left]}
            onChange={protocol => protocol && change(protocol, '')}
          />
        </>
      )}
    </Panel>
  );
}

interface AttributesProps {
  fields: AttributeFields[];
  onChange: (fields: AttributeFields[]) => void;
}

function AttributesPanel({ fields, onChange }: AttributesProps) {
  const change = (at: number, changes: Partial<AttributeFields>) =>
    onChange(fields.map((one, i) => (i === at ? { ...one, ...changes } : one)));
  return (
    <Panel
      title="Message attributes"
      description="Filter policies look at them."
      actions={
        <Button onClick={() => onChange([...fields, { name: '', type: 'String', value: '' }])}>
          Add another attribute
        </Button>
      }
    >
      {fields.length === 0 && <p class="hint">None</p>}
      {fields.map((field, i) => (
        <div key={i} class="row">
          <Select
            label={`Type ${i + 1}`}
            value={field.type}
            options={ATTRIBUTE_TYPES}
            onChange={type => change(i, { type })}
          />
          <TextField
            label={`Name ${i + 1}`}
            value={field.name}
            onInput={name => change(i, { name })}
            required
          />
          <TextField
            label={`Value ${i + 1}`}
            hint={{ Binary: 'Base64', 'String.Array': '["a", "b"]' }[field.type]}
            value={field.value}
            onInput={value => change(i, { value })}
            required
          />
          <Button
            label={`Remove attribute ${i + 1}`}
            onClick={() => onChange(fields.filter((_, at) => at !== i))}
          >
            Remove
          </Button>
        </div>
      ))}
    </Panel>
  );
}
