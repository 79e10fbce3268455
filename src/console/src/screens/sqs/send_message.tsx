/** Send a message to a queue. */
import { useState } from 'preact/hooks';

import { isFifo, sendMessage, type MessageAttribute, type Queue } from '../../api/sqs';
import { Button, Form, Select, TextArea, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';

interface AttributeRow {
  name: string;
  type: string;
  value: string;
}

const TYPES = ['String', 'Number', 'Binary'];

function attributesOf(rows: AttributeRow[]): Record<string, MessageAttribute> | undefined {
  const named = rows.filter(row => row.name);
  if (named.length === 0) return undefined;
  return Object.fromEntries(
    named.map(({ name, type, value }) => [
      name,
      type === 'Binary' ? { DataType: type, BinaryValue: value } : { DataType: type, StringValue: value },
    ]),
  );
}

export function SendMessage({ queue, onSent }: { queue: Queue; onSent: () => void }) {
  const [body, setBody] = useState('');
  const [delay, setDelay] = useState('');
  const [group, setGroup] = useState('');
  const [deduplication, setDeduplication] = useState('');
  const [rows, setRows] = useState<AttributeRow[]>([]);
  const [error, setError] = useState<unknown>();
  const fifo = isFifo(queue);
  const send = async () => {
    try {
      const id = await sendMessage({
        QueueUrl: queue.url,
        MessageBody: body,
        MessageAttributes: attributesOf(rows),
        ...(delay && { DelaySeconds: Number(delay) }),
        ...(group && { MessageGroupId: group }),
        ...(deduplication && { MessageDeduplicationId: deduplication }),
      });
      setError(undefined);
      flash('good', `Your message has been sent and is ready to be received. Its ID is ${id}.`);
      onSent();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Panel title="Send message" actions={<Button onClick={() => setBody('')}>Clear content</Button>}>
      <Form label="Send message" submit="Send message" onSubmit={send}>
        <TextArea label="Message body" placeholder="Enter message" value={body} onInput={setBody} />
        <div class="row">
          {fifo ? (
            <>
              <TextField label="Message group ID" value={group} onInput={setGroup} required />
              <TextField
                label="Message deduplication ID"
                optional
                value={deduplication}
                onInput={setDeduplication}
              />
            </>
          ) : (
            <TextField
              label="Delivery delay"
              optional
              hint="0 to 900 seconds"
              type="number"
              min={0}
              max={900}
              value={delay}
              onInput={setDelay}
            />
          )}
        </div>
        <Attributes rows={rows} onChange={setRows} />
        <Problem error={error} />
      </Form>
    </Panel>
  );
}

function Attributes({ rows, onChange }: { rows: AttributeRow[]; onChange: (rows: AttributeRow[]) => void }) {
  const change = (i: number, part: Partial<AttributeRow>) =>
    onChange(rows.map((row, at) => (at === i ? { ...row, ...part } : row)));
  return (
    <fieldset class="pairs">
      <legend>Message attributes - Optional</legend>
      {rows.map((row, i) => (
        <div class="row" key={i}>
          <TextField label={`Name ${i + 1}`} value={row.name} onInput={name => change(i, { name })} />
          <Select
            label={`Type ${i + 1}`}
            value={row.type}
            options={TYPES}
            onChange={type => change(i, { type })}
          />
          <TextField
            label={`Value ${i + 1}`}
            value={row.value}
            placeholder={row.type === 'Binary' ? 'Base64' : ''}
            onInput={value => change(i, { value })}
          />
          <Button
            label={`Remove attribute ${i + 1}`}
            onClick={() => onChange(rows.filter((_, at) => at !== i))}
          >
            Remove
          </Button>
        </div>
      ))}
      <Button onClick={() => onChange([...rows, { name: '', type: 'String', value: '' }])}>
        Add new attribute
      </Button>
    </fieldset>
  );
}
