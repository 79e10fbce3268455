/** Every dead-lettered message of every queue, why it is there, and the ways back: all, some, one first, or corrected. */
import { useRef, useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deadLetterQueues, deletePeeked, peek, queueName, redrivePeeked, type Message } from '../../api/sqs';
import { reasonsOf, type Reason } from '../../api/traces';
import { Link, link } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { count, Time } from '../../ui/format';
import { Empty, Page, Panel } from '../../ui/layout';
import { usePages, type PageOf } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table, type Column } from '../../ui/table';
import { EditAndResend } from './edit_and_resend';
import { fullestFirst, type Backlog } from './triage';

export interface DeadLetter extends Message {
  queueUrl: string;
  why?: Reason;
}

/** A page looks into so many queues. */
const QUEUES = 8;

async function lettersOf(queues: Backlog[], signal: AbortSignal): Promise<DeadLetter[]> {
  const lists = await Promise.all(
    queues.map(async ({ QueueUrl: queueUrl }) =>
      (await peek(queueUrl, signal)).map(message => ({ ...message, queueUrl })),
    ),
  );
  const letters: DeadLetter[] = lists.flat();
  const reasons = await reasonsOf(
    letters.map(({ MessageId }) => MessageId),
    signal,
  ).catch(() => undefined);
  return letters.map(letter => ({ ...letter, why: reasons?.get(letter.MessageId) }));
}

/** The letters of the fullest queues first. */
function useLetters() {
  const found = useRef<{ queues: Backlog[]; more: boolean }>({ queues: [], more: false });
  const letters = usePages(
    'dead-letters',
    async (token, signal): Promise<PageOf<DeadLetter>> => {
      if (token === undefined) found.current = await fullestFirst(next => deadLetterQueues(next, signal));
      const { queues } = found.current;
      const from = Number(token ?? 0);
      return {
        items: await lettersOf(queues.slice(from, from + QUEUES), signal),
        next: from + QUEUES < queues.length ? String(from + QUEUES) : undefined,
      };
    },
    { on: changed('sqs') },
  );
  return { letters, found: found.current };
}

export default function DeadLetters() {
  const { letters, found } = useLetters();
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [editing, setEditing] = useState<DeadLetter>();
  const [deleting, setDeleting] = useState(false);
  const { rows } = letters;
  const chosen = rows.filter(letter => selected.has(letter.MessageId));

  const each = async (change: (url: string, messages: DeadLetter[]) => Promise<void>, done: string) => {
    await attempt(async () => {
      for (const [url, messages] of Map.groupBy(chosen, letter => letter.queueUrl))
        await change(url, messages);
    }, done);
    setSelected(new Set());
    await letters.reload();
  };
  const redrive = () =>
    each(
      (url, messages) =>
        redrivePeeked(
          url,
          messages.map(({ ReceiptHandle }) => ({ ReceiptHandle })),
        ),
      `Sent back: ${count(chosen.length)}. A message that fails again comes here again.`,
    );

  return (
    <Page
      title="Dead letters"
      description="Messages that were received too often, or could not be delivered. Looking at them changes nothing."
    >
      <Problem error={letters.error} retry={letters.reload} />
      <Panel
        title="Dead letters"
        count={`${rows.length}${letters.more ? '+' : ''}`}
        description={
          found.queues.length > 1
            ? `Of ${count(found.queues.length)}${found.more ? '+' : ''} queues with dead letters, the fullest first`
            : undefined
        }
        actions={
          <>
            <Button disabled={chosen.length !== 1} onClick={() => setEditing(chosen[0])}>
              Edit and resend
            </Button>
            <Button kind="danger" disabled={chosen.length === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button kind="primary" disabled={chosen.length === 0} onClick={redrive}>
              Redrive selected
            </Button>
          </>
        }
      >
        <Table
          label="Dead letters"
          rows={rows}
          rowKey={letter => letter.MessageId}
          filterText={letter => `${letter.MessageId} ${letter.Body} ${letter.queueUrl}`}
          selection={{ keys: selected, onChange: setSelected, label: letter => letter.MessageId }}
          columns={COLUMNS}
          more={letters.more}
          empty={<Empty title={letters.loading ? 'Loading…' : 'No dead letters'} />}
        />
      </Panel>
      {editing && (
        <EditAndResend
          letter={editing}
          onClose={() => {
            setEditing(undefined);
            void letters.reload();
          }}
        />
      )}
      {deleting && (
        <Confirm
          title="Delete dead letters"
          action="Delete"
          typed="delete"
          onConfirm={() => each(deletePeeked, `Deleted ${count(chosen.length)}`)}
          onClose={() => setDeleting(false)}
        >
          <p>{chosen.length === 1 ? 'The message is lost.' : `${count(chosen.length)} messages are lost.`}</p>
        </Confirm>
      )}
    </Page>
  );
}

const COLUMNS: Column<DeadLetter>[] = [
  {
    id: 'message',
    title: 'Message',
    narrow: true,
    cell: letter => <span class="mono">{bodyOf(letter).slice(0, 120)}</span>,
  },
  { id: 'why', title: 'Why', wide: true, cell: letter => <Why letter={letter} /> },
  {
    id: 'queue',
    title: 'In',
    sort: letter => letter.queueUrl,
    cell: letter => (
      <Link to={link`sqs/queues/${queueName(letter.queueUrl)}`}>{queueName(letter.queueUrl)}</Link>
    ),
  },
  {
    id: 'source',
    title: 'Came from',
    cell: letter => {
      const source = letter.Attributes.DeadLetterQueueSourceArn;
      return source ? <Link to={link`sqs/queues/${queueName(source)}`}>{queueName(source)}</Link> : '–';
    },
  },
  {
    id: 'sent',
    title: 'Sent',
    sort: letter => Number(letter.Attributes.SentTimestamp),
    cell: letter => <Time at={letter.Attributes.SentTimestamp} />,
  },
];

/** What was published, if a topic has wrapped it. */
export function bodyOf(message: Message): string {
  try {
    const body = JSON.parse(message.Body) as { Type?: string; Message?: string };
    if (body.Type === 'Notification' && typeof body.Message === 'string') return body.Message;
  } catch {
    // The body is the message.
  }
  return message.Body;
}

function Why({ letter: { why } }: { letter: DeadLetter }) {
  if (!why?.traceId) return <>Its trace is gone</>;
  return (
    <Link to={link`traces/${why.traceId}`}>
      <span title={why.hop?.reason}>{why.hop?.reason || 'Its whole way'}</span>
    </Link>
  );
}
