/** SQS › Queues: what waits where, and which queues receive the dead letters of others. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import {
  deleteQueue,
  describeQueue,
  isFifo,
  listQueues,
  purgeQueue,
  queueName,
  redriveOf,
  type Queue,
} from '../../api/sqs';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { count } from '../../ui/format';
import { Badge, Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { allPages, useResource } from '../../ui/resource';
import { Table, type Column } from '../../ui/table';

/** Of more queues than these, only the rows that are seen ask for their figures. */
const DESCRIBED = 400;
const AT_ONCE = 8;

interface Row {
  url: string;
  name: string;
  queue?: Queue;
  /** Of a row that was not described with the others: all its cells wait for the same answer. */
  asked?: Promise<Queue>;
}

async function load(signal: AbortSignal): Promise<Row[]> {
  const urls = await allPages(token => listQueues(token, undefined, signal));
  const rows: Row[] = urls.map(url => ({ url, name: queueName(url) }));
  for (let i = 0; i < Math.min(rows.length, DESCRIBED); i += AT_ONCE)
    await Promise.all(
      rows.slice(i, i + AT_ONCE).map(async row => {
        row.queue = await describeQueue(row.url, signal).catch(() => undefined);
      }),
    );
  return rows;
}

export default function Queues() {
  const queues = useResource('sqs/queues', load, {
    on: changed('sqs'),
  });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [asked, setAsked] = useState<'Delete' | 'Purge'>();
  const rows = queues.data ?? [];
  const chosen = rows.filter(row => selected.has(row.url));
  const deadLetterQueues = new Set(rows.map(row => row.queue && redriveOf(row.queue)?.deadLetterTargetArn));

  const change = async () => {
    const act = asked === 'Delete' ? deleteQueue : purgeQueue;
    await attempt(
      async () => {
        for (const { url } of chosen) await act(url);
      },
      `${asked === 'Delete' ? 'Deleted' : 'Purged'} ${chosen.map(row => row.name).join(', ')}`,
    );
    setSelected(new Set());
    await queues.reload();
  };

  return (
    <Page title="Queues" crumbs={[['Amazon SQS', 'sqs/queues']]}>
      <Problem error={queues.error} retry={queues.reload} />
      <Panel
        title="Queues"
        count={queues.data?.length}
        actions={
          <>
            <Button
              disabled={chosen.length !== 1}
              onClick={() => navigate(link`sqs/queues/${chosen[0]!.name}/edit`)}
            >
              Edit
            </Button>
            <Button disabled={chosen.length === 0} onClick={() => setAsked('Purge')}>
              Purge
            </Button>
            <Button kind="danger" disabled={chosen.length === 0} onClick={() => setAsked('Delete')}>
              Delete
            </Button>
            <Button
              disabled={chosen.length !== 1}
              onClick={() => navigate(link`sqs/queues/${chosen[0]!.name}/messages`)}
            >
              Send and receive messages
            </Button>
            <Button kind="primary" onClick={() => navigate('sqs/create-queue')}>
              Create queue
            </Button>
          </>
        }
      >
        <Table
          label="Queues"
          filterLabel="Search queues"
          rows={rows}
          rowKey={row => row.url}
          filterText={row => row.name}
          selection={{ keys: selected, onChange: setSelected, label: row => row.name }}
          initialSort={{ id: 'name' }}
          columns={columns(deadLetterQueues)}
          empty={<Empty title={queues.loading ? 'Loading…' : 'No queues'} />}
        />
      </Panel>
      {asked && (
        <Confirm
          title={`${asked} ${chosen.length === 1 ? chosen[0]!.name : `${chosen.length} queues`}`}
          action={asked}
          typed={chosen.length === 1 ? chosen[0]!.name : asked.toLowerCase()}
          onConfirm={change}
          onClose={() => setAsked(undefined)}
        >
          <p>All messages of {chosen.map(row => row.name).join(', ')} are lost.</p>
        </Confirm>
      )}
    </Page>
  );
}

function columns(deadLetterQueues: Set<string | undefined>): Column<Row>[] {
  const figure = (id: string, title: string, attribute: string): Column<Row> => ({
    id,
    title,
    number: true,
    sort: row => Number(row.queue?.attributes[attribute] ?? -1),
    cell: row => <Figure row={row} attribute={attribute} />,
  });
  return [
    {
      id: 'name',
      title: 'Name',
      sort: row => row.name,
      cell: row => (
        <>
          <Link to={link`sqs/queues/${row.name}`}>{row.name}</Link>{' '}
          {row.queue && deadLetterQueues.has(row.queue.attributes.QueueArn) && (
            <Badge tone="warn">dead letters</Badge>
          )}
        </>
      ),
    },
    { id: 'type', title: 'Type', cell: row => (row.name.endsWith('.fifo') ? 'FIFO' : 'Standard') },
    figure('available', 'Messages available', 'ApproximateNumberOfMessages'),
    figure('flight', 'Messages in flight', 'ApproximateNumberOfMessagesNotVisible'),
    figure('delayed', 'Messages delayed', 'ApproximateNumberOfMessagesDelayed'),
    {
      id: 'dlq',
      title: 'Dead-letter queue',
      cell: row => {
        const target = row.queue && redriveOf(row.queue)?.deadLetterTargetArn;
        return target ? <Link to={link`sqs/queues/${queueName(target)}`}>{queueName(target)}</Link> : '–';
      },
    },
    {
      id: 'dedup',
      title: 'Content-based deduplication',
      cell: row => (row.queue && isFifo(row.queue) ? row.queue.attributes.ContentBasedDeduplication : '–'),
    },
  ];
}

function Figure({ row, attribute }: { row: Row; attribute: string }) {
  const own = useResource(
    row.queue ? '' : `sqs/figures/${row.url}`,
    () => (row.asked ??= describeQueue(row.url)),
  );
  return <>{count((row.queue ?? own.data)?.attributes[attribute])}</>;
}
