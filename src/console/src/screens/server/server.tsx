/** Clock and state: the virtual clock, how the server is, and forgetting everything. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import {
  advance,
  advanceToNext,
  clock,
  health,
  meters,
  reset,
  type Clock,
  type Health as HealthReply,
  type Meters,
  type Upcoming,
} from '../../api/server';
import { server } from '../../session';
import { Button, Form, TextField } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { bytes, count, duration, Time, timestamp } from '../../ui/format';
import { Badge, Empty, Facts, Loading, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { actionColumn, Table, type Column } from '../../ui/table';

const STEPS: [string, number][] = [
  ['+30 s', 30],
  ['+5 min', 300],
  ['+1 h', 3600],
  ['+1 d', 86_400],
];

export default function Server() {
  return (
    <Page title="Clock and state">
      <VirtualClock />
      <Health />
      <State />
    </Page>
  );
}

function VirtualClock() {
  const found = useResource(
    'server/clock',
    async signal => ({ ...(await clock(signal)), seen: Date.now() }),
    {
      on: ({ event }) => event === 'clock',
    },
  );
  useMoment(found.data, found.reload);
  const [seconds, setSeconds] = useState('');
  const move = async (by: number) => {
    await attempt(() => advance(by * 1000), `The clock is ${duration(by * 1000)} further`);
    await found.reload();
  };
  const moveToNext = async () => {
    await attempt(advanceToNext, 'The clock is at the next event');
    await found.reload();
  };
  const moveTo = async ({ at_ms, what }: Upcoming) => {
    const to = async () => advance(Math.max(at_ms - (await clock()).now_ms, 0));
    await attempt(to, `The clock is at ${what}`);
    await found.reload();
  };
  return (
    <Panel
      title="Clock"
      description="Delays, visibility timeouts, retries, alarms, and items that expire follow this clock: move it, and what would come later comes now."
    >
      <Problem error={found.error} retry={found.reload} />
      {found.data && <Running at={found.data} />}
      <div class="actions">
        {STEPS.map(([label, by]) => (
          <Button key={label} onClick={() => move(by)}>
            {label}
          </Button>
        ))}
        <Button disabled={found.data?.next_ms === undefined} onClick={moveToNext}>
          {['To the next', found.data?.next[0]?.what].filter(Boolean).join(': ')}
        </Button>
      </div>
      {found.data && <Next at={found.data} onMove={moveTo} />}
      <Form label="Move the clock" submit="Advance" onSubmit={() => move(Number(seconds))}>
        <TextField
          label="Advance by"
          hint="seconds"
          type="number"
          min={1}
          required
          value={seconds}
          onInput={setSeconds}
        />
      </Form>
    </Panel>
  );
}

/** No event tells that a moment has come by itself. */
const SOONEST_MILLISECONDS = 1000;
const LATEST_MILLISECONDS = 86_400_000;

function useMoment(at: Clock | undefined, reload: () => Promise<void>): void {
  useEffect(() => {
    if (at?.next_ms === undefined) return;
    const left = Math.min(Math.max(at.next_ms - at.now_ms, SOONEST_MILLISECONDS), LATEST_MILLISECONDS);
    const timer = setTimeout(() => void reload(), left);
    return () => clearTimeout(timer);
  }, [at, reload]);
}

/** The server's clock goes on while one looks at it. */
function Running({ at }: { at: Clock & { seen: number } }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <Facts
      facts={[
        ["The server's time", `${timestamp(at.now_ms + Math.max(now - at.seen, 0)).slice(0, 19)} UTC`],
        ['Ahead of the machine by', at.offset_ms ? duration(at.offset_ms) : 'nothing'],
      ]}
    />
  );
}

const COLUMNS: Column<Upcoming>[] = [
  { id: 'what', title: 'What comes next', cell: row => <span class="mono">{row.what}</span> },
  { id: 'at', title: 'At', cell: row => <Time at={row.at_ms} /> },
];

interface NextProps {
  at: Clock;
  onMove: (to: Upcoming) => Promise<void>;
}

/** What comes before the chosen one happens on the way. */
function Next({ at, onMove }: NextProps) {
  const columns = [
    ...COLUMNS,
    actionColumn<Upcoming>(
      'Move to',
      row => `Move to ${row.what}`,
      row => onMove(row),
    ),
  ];
  return (
    <Table
      label="What comes next"
      rows={at.next}
      rowKey={row => row.what}
      columns={columns}
      empty={<Empty title="Nothing comes by itself" />}
    />
  );
}

/** Figures change with every request: events load them anew, but not more often than this. */
const APART_MILLISECONDS = 5000;

function Health() {
  const found = useResource(
    'server/health',
    async signal => ({
      health: await health(signal),
      meters: await meters(signal).catch(() => undefined),
    }),
    { on: () => true, apart: APART_MILLISECONDS },
  );
  if (!found.data) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  const figures = found.data.meters;
  return (
    <>
      <Panel title="Server" actions={<Button onClick={found.reload}>Refresh</Button>}>
        <Problem error={found.error} />
        <Facts
          facts={[
            ['Version', found.data.health.version],
            ['Durability', server.value?.durability],
            [
              'Sign-in',
              server.value?.auth === 'open' ? '--auth open: whoever reaches the server' : '--auth strict',
            ],
            ...(figures ? factsOf(figures) : []),
          ]}
        />
      </Panel>
      <Services health={found.data.health} figures={figures} />
    </>
  );
}

function factsOf({ server: process, engine, pool }: Meters): [string, ComponentChildren][] {
  return [
    ['Up for', duration(process.uptime_ms)],
    ['Memory', bytes(process.memory_bytes)],
    ['Database', process.database_bytes === undefined ? 'in memory' : bytes(process.database_bytes)],
    ['Write-ahead log', process.log_bytes === undefined ? undefined : bytes(process.log_bytes)],
    ['Connections', `${count(process.connections)} of ${count(process.most_connections)}`],
    [
      'Streams',
      `${count(process.streams)} of ${count(process.most_streams)}, ${count(process.most_streams_of_address)} for one address`,
    ],
    ['Calls', count(engine.calls)],
    ['Batches written', count(engine.batches)],
    ['Longest call', duration(engine.longest_call_us / 1000)],
    ['Workers', `${pool.workers}, ${pool.short.running + pool.long.running} busy`],
    ['Work that waits', count(pool.short.waiting + pool.long.waiting)],
  ];
}

interface ServiceRow {
  name: string;
  state: string;
  requests?: number;
  failed?: number;
}

const SERVICE_COLUMNS: Column<ServiceRow>[] = [
  { id: 'name', title: 'Service', sort: row => row.name, cell: row => row.name },
  {
    id: 'state',
    title: 'State',
    cell: row => <Badge tone={row.state === 'running' ? 'good' : 'bad'}>{row.state}</Badge>,
  },
  {
    id: 'requests',
    title: 'Requests',
    number: true,
    sort: row => row.requests ?? 0,
    cell: row => count(row.requests),
  },
  {
    id: 'failed',
    title: 'Failed',
    number: true,
    sort: row => row.failed ?? 0,
    cell: row => count(row.failed),
  },
];

function Services({ health: { services }, figures }: { health: HealthReply; figures: Meters | undefined }) {
  const rows = Object.entries(services).map(([name, state]) => ({
    name,
    state,
    ...figures?.services[name],
  }));
  return (
    <Panel title="Services" description="Requests of clients since the server's start">
      <Table
        label="Services"
        rows={rows}
        rowKey={row => row.name}
        columns={SERVICE_COLUMNS}
        empty={<Empty title="None" />}
      />
    </Panel>
  );
}

function State() {
  const [asked, setAsked] = useState(false);
  return (
    <Panel
      title="State"
      description="As new: every resource, message, item and log line of every account is forgotten."
    >
      <div>
        <Button kind="danger" onClick={() => setAsked(true)}>
          Reset
        </Button>
      </div>
      {asked && (
        <Confirm
          title="Reset"
          action="Reset"
          typed="reset"
          onConfirm={() => attempt(reset, 'Everything is forgotten')}
          onClose={() => setAsked(false)}
        >
          <p>Everything on this server is lost, in every account and region.</p>
        </Confirm>
      )}
    </Panel>
  );
}
