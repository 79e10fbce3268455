/** SQS › Queues: what waits where, and which queues receive the dead letters of others. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { changed, listen, reshaped, type ServerEvent } from '../../api/events';
import {
  deadLetterQueues,
  deleteQueue,
  describeQueue,
  isFifo,
  listQueues,
  purgeQueue,
  queueFigures,
  queueName,
  redriveOf,
  type Figures,
  type Queue,
} from '../../api/sqs';
import { Link, link, navigate } from '../../router';
import { arn } from '../../session';
import { Button } from '../../ui/controls';
import { useDetails, type Details } from '../../ui/details';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { count, duration } from '../../ui/format';
import { Badge, Empty, Page, Panel } from '../../ui/layout';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { allPages, useResource } from '../../ui/resource';
import { Table, type Column } from '../../ui/table';

interface Row {
  url: string;
  name: string;
  queue?: Queue;
  figures?: Figures;
}

const FIGURES: Record<string, [title: string, attribute: keyof Figures, state: string]> = {
  available: ['Messages available', 'ApproximateNumberOfMessages', 'visible'],
  flight: ['Messages in flight', 'ApproximateNumberOfMessagesNotVisible', 'inFlight'],
  delayed: ['Messages delayed', 'ApproximateNumberOfMessagesDelayed', 'delayed'],
};

const AGE = 'age';
const FIGURES_APART_MILLISECONDS = 5000;

const onShape = reshaped('sqs');
const onTraffic = changed('sqs', 'sns');

/** The figures of so many queues, in the order of their names: of all when they are sorted by a figure. */
function useFigures(queues: number, all: boolean) {
  return useResource(
    queues > 0 ? `sqs/queues/figures/${all ? 'all' : queues}` : '',
    async signal => {
      const figures = await allPages(token => queueFigures(token, signal), all ? Infinity : queues);
      return new Map(figures.map(one => [queueName(one.QueueUrl), one]));
    },
    { on: onTraffic, apart: FIGURES_APART_MILLISECONDS },
  );
}

/**
 * The rows with their figures.  All queues are rows when they are sorted by a figure: the fullest may not have been loaded.
 * Who may not read all figures sorts what is loaded.
 */
function useQueues() {
  const [byFigure, setByFigure] = useState(false);
  const names = usePages('sqs/queues', (token, signal) => listQueues(token, undefined, signal), {
    on: onShape,
  });
  const figures = useFigures(names.rows.length, byFigure);
  const sorted = byFigure ? figures.data : undefined;
  const urls = useRef(new Map<string, string>());
  urls.current = useMemo(
    () =>
      sorted
        ? new Map([...sorted].map(([name, { QueueUrl }]) => [name, QueueUrl]))
        : new Map(names.rows.map(url => [queueName(url), url])),
    [names.rows, sorted],
  );
  const details = useDetails((name, signal) => describeQueue(urls.current.get(name)!, signal));
  useEffect(() => listen(event => hear(details, event)), [details]);
  const rows = [...urls.current].map(([name, url]): Row => ({
    name,
    url,
    queue: details.of(name),
    figures: figures.data?.get(name),
  }));
  const onView = (visible: Row[], sort: string | undefined) => {
    const by = sort !== undefined && (sort === AGE || sort in FIGURES);
    setByFigure(by);
    details.want((by && figures.error ? rows : visible).map(row => row.name));
  };
  return { names, rows, more: sorted ? undefined : names.more, onView };
}

/** An event tells the figures of its queue at once.  A topic's messages and dead letters reach queues that it does not name. */
function hear(details: Details<Queue>, event: ServerEvent): void {
  if (onTraffic(event) || event.event === 'lost' || event.event === 'reset') details.refreshAll();
  if (event.event !== 'change' || event.data.service !== 'sqs') return;
  const name = queueName(event.data.arn as string);
  const state = event.data.state as Record<string, number> | null;
  if (event.data.arn !== arn('sqs', name)) return;
  if (state)
    details.change(name, queue => ({
      ...queue,
      attributes: {
        ...queue.attributes,
        ...Object.fromEntries(
          Object.values(FIGURES).map(([, attribute, of]) => [attribute, String(state[of])]),
        ),
      },
    }));
}

export default function Queues() {
  const { names, rows, more, onView } = useQueues();
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [asked, setAsked] = useState<'Delete' | 'Purge'>();
  const chosen = rows.filter(row => selected.has(row.url));
  const named = useResource(
    'sqs/dead-letter-queues',
    async signal => (await deadLetterQueues(undefined, signal)).items,
    {
      on: onShape,
    },
  );
  const receivers = useMemo(() => new Set(named.data?.map(one => one.QueueUrl)), [named.data]);

  const change = async () => {
    const act = asked === 'Delete' ? deleteQueue : purgeQueue;
    await attempt(
      async () => {
        for (const { url } of chosen) await act(url);
      },
      `${asked === 'Delete' ? 'Deleted' : 'Purged'} ${chosen.map(row => row.name).join(', ')}`,
    );
    setSelected(new Set());
    await names.reload();
  };

  return (
    <Page title="Queues" crumbs={[['Amazon SQS', 'sqs/queues']]}>
      <Problem error={names.error} retry={names.reload} />
      <Panel
        title="Queues"
        count={`${rows.length}${more ? '+' : ''}`}
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
          columns={columns(receivers)}
          more={more}
          onView={onView}
          empty={<Empty title={names.loading ? 'Loading…' : 'No queues'} />}
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

/** An empty queue has no age. */
function ageOf(figures: Figures | undefined): string {
  const messages =
    figures &&
    figures.ApproximateNumberOfMessages +
      figures.ApproximateNumberOfMessagesNotVisible +
      figures.ApproximateNumberOfMessagesDelayed;
  return messages ? duration(figures.ApproximateAgeOfOldestMessage * 1000) : '–';
}

function figureOf({ queue, figures }: Row, name: keyof Figures): string | number | undefined {
  return queue?.attributes[name] ?? figures?.[name];
}

function columns(receivers: Set<string>): Column<Row>[] {
  const figures = Object.entries(FIGURES).map(([id, [title, attribute]]): Column<Row> => ({
    id,
    title,
    number: true,
    sort: row => Number(figureOf(row, attribute) ?? -1),
    cell: row => count(figureOf(row, attribute)),
  }));
  return [
    {
      id: 'name',
      title: 'Name',
      sort: row => row.name,
      cell: row => (
        <>
          <Link to={link`sqs/queues/${row.name}`}>{row.name}</Link>{' '}
          {receivers.has(row.url) && <Badge tone="warn">dead letters</Badge>}
        </>
      ),
    },
    { id: 'type', title: 'Type', cell: row => (row.name.endsWith('.fifo') ? 'FIFO' : 'Standard') },
    ...figures,
    {
      id: AGE,
      title: 'Age of oldest message',
      number: true,
      sort: row => row.figures?.ApproximateAgeOfOldestMessage ?? -1,
      cell: row => ageOf(row.figures),
    },
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
