/** CloudWatch › Log groups › a group › Log events: search by pattern, and live tail. */
import { useEffect, useState } from 'preact/hooks';

import { changed, reshaped } from '../../api/events';
import { errorText } from '../../api/errors';
import { filterEvents, liveTail, logGroup, type EventQuery, type LogEvent } from '../../api/logs';
import { link, search, setSearch, type Params } from '../../router';
import { Absent } from '../../ui/absent';
import { Button, Form, Select, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { pretty, timestamp } from '../../ui/format';
import { Badge, Copy, Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { usePages, type More, type PageOf } from '../../ui/pages';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

const RANGES = [
  { value: '', label: 'All' },
  { value: '1', label: '1 minute' },
  { value: '30', label: '30 minutes' },
  { value: '60', label: '1 hour' },
  { value: '720', label: '12 hours' },
];
/** A live tail shows so many lines, the newest. */
const TAILED = 1000;

export default function LogEvents({ group = '' }: Params) {
  const asked = search.value;
  const tailing = asked.get('tail') === '1';
  const [text, setText] = useState(asked.get('pattern') ?? '');
  const found = useResource(`logs/group/${group}`, signal => logGroup(group, signal), {
    on: reshaped('logs'),
  });
  const crumbs: [string, string][] = [['Log groups', 'cloudwatch/log-groups']];
  // Who may not list groups may yet read this one.
  if (!found.data && !found.loading && !found.error)
    return <Absent kind="log group" name={group} crumbs={crumbs} resource={found} />;
  return (
    <Page
      title="Log events"
      crumbs={[...crumbs, [group, link`cloudwatch/log-groups/${group}`]]}
      actions={
        <Button onClick={() => setSearch({ tail: tailing ? undefined : '1' })}>
          {tailing ? 'Stop tailing' : 'Start tailing'}
        </Button>
      }
    >
      <Panel>
        <Form
          label="Filter events"
          submit="Search"
          onSubmit={() => Promise.resolve(setSearch({ pattern: text }))}
        >
          <div class="row">
            <TextField
              label="Filter events"
              hint={'A term, "a phrase", ?either ?or, -without, { $.orderId = "O1234" }'}
              type="search"
              value={text}
              onInput={setText}
              mono
            />
            <TextField
              label="Log stream"
              hint="All streams without it"
              value={asked.get('stream') ?? ''}
              onInput={stream => setSearch({ stream })}
              mono
            />
            <Select
              label="Range"
              hint="Back from now"
              value={asked.get('range') ?? ''}
              options={RANGES}
              onChange={range => setSearch({ range })}
            />
          </div>
        </Form>
      </Panel>
      {tailing ? (
        <Tail arn={found.data?.logGroupArn} error={found.error} pattern={asked.get('pattern') ?? ''} />
      ) : (
        <Found group={group} />
      )}
    </Page>
  );
}

/** A page may be empty though there are more: the search goes on until there is something to show. */
async function nextEvents(query: EventQuery, signal: AbortSignal): Promise<PageOf<LogEvent>> {
  let page = await filterEvents(query, signal);
  while (page.items.length === 0 && page.next && !signal.aborted)
    page = await filterEvents({ ...query, token: page.next }, signal);
  return page;
}

function Found({ group }: { group: string }) {
  const asked = search.value;
  const minutes = Number(asked.get('range') ?? 0);
  const query = {
    group,
    stream: asked.get('stream') ?? undefined,
    pattern: asked.get('pattern') ?? undefined,
    since: minutes ? Date.now() - minutes * 60_000 : undefined,
  };
  const events = usePages(
    `logs/events/${group}/${asked}`,
    (token, signal) => nextEvents({ ...query, token }, signal),
    {
      on: changed('logs'),
    },
  );
  return (
    <>
      <Problem error={events.error} retry={events.reload} />
      <Panel title="Events" count={`${events.rows.length}${events.more ? '+' : ''}`}>
        <Events
          ofStreams={!query.stream}
          events={events.rows}
          more={events.more}
          empty={events.loading ? 'Loading…' : 'No events'}
        />
      </Panel>
    </>
  );
}

interface TailProps {
  /** Of the group, when it is known. */
  arn: string | undefined;
  error: unknown;
  pattern: string;
}

function Tail({ arn, error, pattern }: TailProps) {
  const [events, setEvents] = useState<LogEvent[]>([]);
  useEffect(() => {
    if (!arn) return;
    const stop = new AbortController();
    setEvents([]);
    liveTail(
      arn,
      pattern,
      more => setEvents(before => [...before, ...more].slice(-TAILED)),
      stop.signal,
    ).catch(error => {
      if (!stop.signal.aborted) flash('bad', errorText(error));
    });
    return () => stop.abort();
  }, [arn, pattern]);
  return (
    <Panel
      title={
        <>
          Live tail <Badge tone="good">listening</Badge>
        </>
      }
      count={events.length}
    >
      <Problem error={error} />
      <Events
        ofStreams
        events={[...events].reverse()}
        empty="New events are shown here as they are written"
      />
    </Panel>
  );
}

interface EventsProps {
  events: LogEvent[];
  /** Of more than one stream: each event says of which. */
  ofStreams: boolean;
  empty: string;
  more?: More;
}

function Events({ events, ofStreams, empty, more }: EventsProps) {
  const [open, setOpen] = useState<string>();
  const keyed = events.map((event, i) => ({ ...event, key: event.eventId ?? `${event.timestamp}/${i}` }));
  const chosen = keyed.find(({ key }) => key === open);
  return (
    <>
      {chosen && (
        <div>
          <Copy text={chosen.message}>{timestamp(chosen.timestamp)}</Copy>
          <pre>{pretty(chosen.message)}</pre>
        </div>
      )}
      <Table
        label="Log events"
        rows={keyed}
        more={more}
        rowKey={({ key }) => key}
        columns={[
          {
            id: 'time',
            title: 'Timestamp',
            cell: event => <span class="mono">{timestamp(event.timestamp)}</span>,
          },
          {
            id: 'message',
            title: 'Message',
            wide: true,
            cell: event => (
              <Button kind="bare" onClick={() => setOpen(open === event.key ? undefined : event.key)}>
                <span class="mono">{event.message.slice(0, 300)}</span>
              </Button>
            ),
          },
          ...(ofStreams
            ? [
                {
                  id: 'stream',
                  title: 'Log stream',
                  cell: (event: LogEvent) => event.logStreamName ?? '–',
                },
              ]
            : []),
        ]}
        empty={<Empty title={empty} />}
      />
    </>
  );
}
