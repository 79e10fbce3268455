/** A test event from a message that is in a queue now: it is looked at, and not received. */
import { useState } from 'preact/hooks';

import { orderly } from '../../api/client';
import { listQueueUrls } from '../../api/lambda_triggers';
import { arn } from '../../session';
import { Button, Select } from '../../ui/controls';
import { Dialog } from '../../ui/dialog';
import { nameOf, Time } from '../../ui/format';
import { Empty } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { eventOfMessage, type PeekedMessage } from './test_events';

interface RealMessageProps {
  onEvent: (body: string) => void;
  onClose: () => void;
}

async function peek(url: string, signal: AbortSignal): Promise<PeekedMessage[]> {
  const query = new URLSearchParams({ QueueUrl: url, ShowInvisible: 'true', ShowDelayed: 'true' });
  const { Messages } = await orderly<{ Messages?: PeekedMessage[] }>(
    'GET',
    `/_aws/sqs/messages?${query}`,
    undefined,
    {
      signal,
    },
  );
  return Messages ?? [];
}

export function RealMessage({ onEvent, onClose }: RealMessageProps) {
  const queues = useResource('lambda/queues', listQueueUrls);
  const [url, setUrl] = useState('');
  const messages = useResource(url && `lambda/peek/${url}`, signal => peek(url, signal));
  const use = (message: PeekedMessage) => {
    onEvent(eventOfMessage(message, arn('sqs', nameOf(url))));
    onClose();
  };
  return (
    <Dialog title="Test event from a real message" onClose={onClose} wide>
      <p class="hint">The message is only looked at: it is not received, and stays in its queue.</p>
      <Select
        label="Queue"
        value={url}
        options={[
          { value: '', label: queues.loading ? 'Loading…' : 'Choose a queue' },
          ...(queues.data ?? []).map(value => ({ value, label: nameOf(value) })),
        ]}
        onChange={setUrl}
      />
      <Problem error={queues.error ?? messages.error} />
      {url && (
        <Table
          label="Messages"
          rows={messages.data ?? []}
          rowKey={row => row.MessageId}
          filterText={row => row.Body}
          columns={[
            {
              id: 'sent',
              title: 'Sent',
              sort: row => Number(row.Attributes.SentTimestamp),
              cell: row => <Time at={row.Attributes.SentTimestamp} />,
            },
            {
              id: 'receives',
              title: 'Receive count',
              number: true,
              cell: row => row.Attributes.ApproximateReceiveCount,
            },
            { id: 'body', title: 'Body', cell: row => <span class="mono">{row.Body.slice(0, 200)}</span> },
            {
              id: 'use',
              title: '',
              cell: row => (
                <Button label={`Use message ${row.MessageId}`} onClick={() => use(row)}>
                  Use
                </Button>
              ),
            },
          ]}
          empty={<Empty title={messages.loading ? 'Loading…' : 'The queue is empty'} />}
        />
      )}
    </Dialog>
  );
}
