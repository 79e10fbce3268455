/** Orders and traces: every message's way, the newest first; any value of its body finds it. */
import { useState } from 'preact/hooks';

import { listTraces, type Trace } from '../../api/traces';
import { Link, link, search, setSearch } from '../../router';
import { Form, Select, TextField } from '../../ui/controls';
import { duration, nameOf, Time } from '../../ui/format';
import { Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { usePages } from '../../ui/pages';
import { Table, type Column } from '../../ui/table';
import { Verdict } from './verdict';

const OUTCOMES = [
  { value: 'any-failure', label: 'Any failure' },
  'ok',
  'failed',
  'denied',
  'not-delivered',
  'throttled',
  'timed-out',
  'dead-lettered',
  'filtered-out',
  'expired',
];
/** What the choice of a least duration offers. */
const TOOK_MILLISECONDS = [100, 500, 1000, 5000, 30_000, 60_000, 300_000];
const PAGE = 100;

export default function Traces() {
  const asked = search.value;
  const query = {
    text: wordsOf(asked.get('text') ?? ''),
    outcome: asked.get('outcome') ?? '',
    took: asked.get('took') ?? '',
    resource: asked.get('resource') ?? '',
    message: asked.get('message') ?? '',
  };
  const found = usePages(
    `traces/${JSON.stringify(query)}`,
    async (next, signal) => {
      const page = await listTraces({ ...query, limit: PAGE, next }, signal);
      return { items: page.traces, next: page.next };
    },
    { on: ({ event }) => event === 'traces' },
  );
  return (
    <Page
      title="Orders and traces"
      description="Where is an order? Any value of its message finds its whole way."
    >
      <Search />
      <Problem error={found.error} retry={found.reload} />
      <Panel title="Traces" count={`${found.rows.length}${found.more ? '+' : ''}`}>
        <Table
          label="Traces"
          rows={found.rows}
          more={found.more}
          rowKey={trace => trace.traceId}
          columns={COLUMNS}
          empty={<Empty title={found.loading ? 'Loading…' : 'No traces'} />}
        />
      </Panel>
    </Page>
  );
}

/** "orderId=O1234" seeks the words of both sides. */
function wordsOf(text: string): string {
  return text.replaceAll('=', ' ').trim();
}

function Search() {
  const asked = search.value;
  const [text, setText] = useState(asked.get('text') ?? '');
  const [resource, setResource] = useState(asked.get('resource') ?? '');
  const find = () => Promise.resolve(setSearch({ text, resource }));
  return (
    <Panel>
      <Form label="Find traces" submit="Find" onSubmit={find}>
        <div class="row">
          <TextField
            label="Where is order"
            type="search"
            hint="O1234, or orderId=O1234"
            value={text}
            onInput={setText}
          />
          <Select
            label="Outcome"
            hint="ok: the trace ended well. Others: of any of its steps"
            value={asked.get('outcome') ?? ''}
            options={[{ value: '', label: 'Any outcome' }, ...OUTCOMES]}
            onChange={outcome => setSearch({ outcome })}
          />
          <Select
            label="Took"
            hint="From its first step to its last"
            value={asked.get('took') ?? ''}
            options={tookOptions(asked.get('took') ?? '')}
            onChange={took => setSearch({ took })}
          />
          <TextField label="Resource" hint="An ARN" value={resource} onInput={setResource} mono />
        </div>
      </Form>
    </Panel>
  );
}

/** The offered durations, and that of the address. */
function tookOptions(chosen: string) {
  const offered = new Set([...TOOK_MILLISECONDS, ...(Number(chosen) > 0 ? [Number(chosen)] : [])]);
  const sorted = [...offered].sort((a, b) => a - b);
  return [
    { value: '', label: 'Any time' },
    ...sorted.map(ms => ({ value: String(ms), label: `${duration(ms)} or more` })),
  ];
}

const COLUMNS: Column<Trace>[] = [
  {
    id: 'id',
    title: 'Trace',
    narrow: true,
    cell: trace => <Link to={link`traces/${trace.traceId}`}>{trace.traceId}</Link>,
  },
  { id: 'outcome', title: 'Outcome', cell: trace => <Verdict verdict={trace.outcome} /> },
  { id: 'way', title: 'Way', wide: true, cell: trace => trace.resources.map(nameOf).join(' → ') },
  { id: 'began', title: 'Began', cell: trace => <Time at={trace.beganMs} /> },
  { id: 'took', title: 'Took', number: true, cell: trace => duration(trace.lastMs - trace.beganMs) },
  { id: 'hops', title: 'Steps', number: true, cell: trace => trace.hops },
];
