/** SQS › a queue › Send and receive messages: also a look at the queue that receives nothing. */
import { useRef, useState } from 'preact/hooks';

import {
  deleteMessage,
  deletePeeked,
  findQueue,
  peek,
  receiveMessages,
  type Message,
  type Queue,
} from '../../api/sqs';
import { link, search, setSearch, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Button, RadioGroup, TextField } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt, flash } from '../../ui/flash';
import { bytes, count, Time } from '../../ui/format';
import { changed } from '../../api/events';
import { errorText } from '../../api/errors';
import { Empty, Facts, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table, type Column } from '../../ui/table';
import { MessageDetails } from './message_details';
import { SendMessage } from './send_message';

const WAIT_SECONDS = 5;
const AT_ONCE = 10;

export default function Messages({ name = '' }: Params) {
  const found = useResource(`sqs/queue/${name}`, signal => findQueue(name, signal), {
    on: changed('sqs'),
  });
  if (!found.data || isMissing(found))
    return <Absent kind="queue" name={name} crumbs={[['Queues', 'sqs/queues']]} resource={found} />;
  return (
    <Page
      title="Send and receive messages"
      crumbs={[
        ['Queues', 'sqs/queues'],
        [name, link`sqs/queues/${name}`],
      ]}
    >
      <SendMessage queue={found.data} onSent={() => void found.reload()} />
      <ReceiveMessages queue={found.data} />
    </Page>
  );
}

function ReceiveMessages({ queue }: { queue: Queue }) {
  const mode = search.value.get('mode') === 'poll' ? 'poll' : 'peek';
  return (
    <Panel
      title="Receive messages"
      description={
        mode === 'peek'
          ? 'Peek shows all messages, and changes nothing: no receive is counted, and nobody has to wait.'
          : "As AWS's console polls: each message counts as received, and stays invisible for the visibility timeout."
      }
    >
      <RadioGroup
        legend="How to look"
        value={mode}
        options={[
          { value: 'peek', label: 'Peek' },
          { value: 'poll', label: 'Poll' },
        ]}
        onChange={value => setSearch({ mode: value === 'peek' ? undefined : value })}
      />
      <Facts
        facts={[
          ['Messages available', count(queue.attributes.ApproximateNumberOfMessages)],
          ['Messages in flight', count(queue.attributes.ApproximateNumberOfMessagesNotVisible)],
          ['Messages delayed', count(queue.attributes.ApproximateNumberOfMessagesDelayed)],
        ]}
      />
      {mode === 'peek' ? <Peek queue={queue} /> : <Poll key="poll" queue={queue} />}
    </Panel>
  );
}

function Peek({ queue }: { queue: Queue }) {
  const messages = useResource(`sqs/peek/${queue.url}`, signal => peek(queue.url, signal), {
    on: changed('sqs'),
  });
  return (
    <>
      <Problem error={messages.error} retry={messages.reload} />
      <Shown
        messages={messages.data ?? []}
        remove={gone => deletePeeked(queue.url, gone)}
        removed={messages.reload}
        actions={<Button onClick={messages.reload}>Peek at messages</Button>}
      />
    </>
  );
}

function Poll({ queue }: { queue: Queue }) {
  const [messages, setMessages] = useState<Message[]>([]);
  const [seconds, setSeconds] = useState('10');
  const [most, setMost] = useState('10');
  const [progress, setProgress] = useState<number>();
  const polling = useRef<AbortController>();

  const poll = async () => {
    const mine = (polling.current = new AbortController());
    const until = performance.now() + Number(seconds) * 1000;
    const got: Message[] = [];
    try {
      while (!mine.signal.aborted && got.length < Number(most) && performance.now() < until) {
        setProgress(1 - (until - performance.now()) / (Number(seconds) * 1000));
        const wait = Math.min(WAIT_SECONDS, Math.ceil((until - performance.now()) / 1000));
        got.push(
          ...(await receiveMessages(
            queue.url,
            Math.min(AT_ONCE, Number(most) - got.length),
            wait,
            mine.signal,
          )),
        );
        setMessages([...got]);
      }
    } catch (error) {
      if (!mine.signal.aborted) flash('bad', errorText(error));
    }
    setProgress(undefined);
  };

  return (
    <>
      <div class="row">
        <TextField
          label="Polling duration"
          hint="seconds"
          type="number"
          min={1}
          max={99}
          value={seconds}
          onInput={setSeconds}
        />
        <TextField
          label="Maximum message count"
          type="number"
          min={1}
          max={500}
          value={most}
          onInput={setMost}
        />
      </div>
      {progress !== undefined && (
        <progress aria-label="Polling progress" value={progress} max={1}>
          {Math.round(progress * 100)} %
        </progress>
      )}
      <Shown
        messages={messages}
        remove={async gone => {
          for (const message of gone) await deleteMessage(queue.url, message.ReceiptHandle);
        }}
        removed={gone => Promise.resolve(setMessages(messages.filter(message => !gone.includes(message))))}
        actions={
          progress === undefined ? (
            <Button kind="primary" onClick={() => void poll()}>
              Poll for messages
            </Button>
          ) : (
            <Button onClick={() => polling.current?.abort()}>Stop polling</Button>
          )
        }
      />
    </>
  );
}

interface ShownProps {
  messages: Message[];
  remove: (messages: Message[]) => Promise<void>;
  removed: (messages: Message[]) => Promise<void>;
  actions: preact.ComponentChildren;
}

function Shown({ messages, remove, removed, actions }: ShownProps) {
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [open, setOpen] = useState<Message>();
  const [deleting, setDeleting] = useState(false);
  const chosen = messages.filter(({ MessageId }) => selected.has(MessageId));
  const drop = async () => {
    await attempt(
      () => remove(chosen),
      `Deleted ${chosen.length === 1 ? 'the message' : `${chosen.length} messages`}`,
    );
    setSelected(new Set());
    await removed(chosen);
  };
  return (
    <>
      <div class="actions">
        <Button disabled={chosen.length !== 1} onClick={() => setOpen(chosen[0])}>
          View details
        </Button>
        <Button kind="danger" disabled={chosen.length === 0} onClick={() => setDeleting(true)}>
          Delete
        </Button>
        {actions}
      </div>
      <Table
        label="Messages"
        rows={messages}
        rowKey={({ MessageId }) => MessageId}
        filterText={({ Body, MessageId }) => `${MessageId} ${Body}`}
        selection={{ keys: selected, onChange: setSelected, label: ({ MessageId }) => MessageId }}
        columns={columns(setOpen)}
        empty={<Empty title="No messages" />}
      />
      {open && <MessageDetails message={open} onClose={() => setOpen(undefined)} />}
      {deleting && (
        <Confirm title="Delete messages" action="Delete" onConfirm={drop} onClose={() => setDeleting(false)}>
          <p>{chosen.length === 1 ? 'The message is lost.' : `${chosen.length} messages are lost.`}</p>
        </Confirm>
      )}
    </>
  );
}

function columns(open: (message: Message) => void): Column<Message>[] {
  return [
    {
      id: 'id',
      title: 'ID',
      cell: message => (
        <Button kind="link" onClick={() => open(message)}>
          {message.MessageId}
        </Button>
      ),
    },
    { id: 'body', title: 'Body', cell: ({ Body }) => <span class="mono">{Body.slice(0, 200)}</span> },
    {
      id: 'sent',
      title: 'Sent',
      sort: ({ Attributes }) => Number(Attributes.SentTimestamp),
      cell: ({ Attributes }) => <Time at={Attributes.SentTimestamp} />,
    },
    {
      id: 'size',
      title: 'Size',
      number: true,
      sort: ({ Body }) => Body.length,
      cell: ({ Body }) => bytes(Body.length),
    },
    {
      id: 'receives',
      title: 'Receive count',
      number: true,
      sort: ({ Attributes }) => Number(Attributes.ApproximateReceiveCount),
      cell: ({ Attributes }) => Attributes.ApproximateReceiveCount,
    },
  ];
}
