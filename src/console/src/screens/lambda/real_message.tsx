/** A test event from a message that is in a queue now: it is looked at, and not received. */
import { useState } from 'preact/hooks';

import { listQueues, peek, queueName, type Message } from '../../api/sqs';
import { arn } from '../../session';
import { LongSelect, useChoices } from '../../ui/choices';
import { Button } from '../../ui/controls';
import { Dialog } from '../../ui/dialog';
import { Time } from '../../ui/format';
import { Empty } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { eventOfMessage } from './test_events';

interface RealMessageProps {
  onEvent: (body: string) => void;
  onClose: () => void;
}

export function RealMessage({ onEvent, onClose }: RealMessageProps) {
  const queues = useChoices(
    'lambda/queues',
    (token, signal) => listQueues(token, undefined, signal),
    value => ({ value, label: queueName(value) }),
  );
  const [url, setUrl] = useState('');
  const messages = useResource(url && `lambda/peek/${url}`, signal => peek(url, signal));
  const use = (message: Message) => {
    onEvent(eventOfMessage(message, arn('sqs', queueName(url))));
    onClose();
  };
  return (
    <Dialog title="Test event from a real message" onClose={onClose} wide>
      <p class="hint">The message is only looked at: it is not received, and stays in its queue.</p>
      <LongSelect label="Queue" value={url} choices={queues} onChange={setUrl} />
      <Problem error={messages.error} />
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
              title: 'Actions',
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
