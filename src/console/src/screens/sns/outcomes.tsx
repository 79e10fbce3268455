/** What has happened to a published message, subscriber by subscriber. */
import { useEffect } from 'preact/hooks';

import { send } from '../../api/client';
import { eachEvent } from '../../api/events';
import { hopsOf, listTraces, type Hop } from '../../api/traces';
import { Link, link } from '../../router';
import { nameOf } from '../../ui/format';
import { Badge, Copy, Panel, type Tone } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

const OUTCOMES: Record<string, [Tone, string]> = {
  delivered: ['good', 'Delivered'],
  'not-delivered': ['bad', 'Not delivered'],
  'filtered-out': ['plain', 'Filtered out'],
  'dead-lettered': ['warn', 'Sent to the dead-letter queue'],
  invoked: ['good', 'Invoked'],
};

interface Deliveries {
  traceId?: string;
  hops: Hop[];
  /** The stream of hops goes on after this one. */
  lastHop: string;
}

async function deliveriesOf(messageId: string, signal: AbortSignal): Promise<Deliveries> {
  const { traces, lastHop } = await listTraces({ message: messageId, limit: 1 }, signal);
  const traceId = traces[0]?.traceId;
  if (!traceId) return { hops: [], lastHop };
  const hops = await hopsOf(traceId, signal);
  const published = hops.find(hop => hop.kind === 'published' && hop.messageId === messageId);
  return {
    traceId,
    hops: hops.filter(hop => hop.parent === published?.id && hop.kind in OUTCOMES),
    lastHop,
  };
}

/** Hear of each new step of the message, until the signal is aborted or the server ends the stream. */
async function follow(
  messageId: string,
  after: string,
  heard: () => void,
  signal: AbortSignal,
): Promise<void> {
  const form = new URLSearchParams({ message: messageId, after });
  const response = await send(`/_orderly/traces/stream?${form}`, 'sqs', { signal });
  if (response.ok && response.body) await eachEvent(response.body, heard);
}

export function Outcomes({ messageId }: { messageId: string }) {
  const deliveries = useResource(`sns/outcomes/${messageId}`, signal => deliveriesOf(messageId, signal));
  const { data, reload } = deliveries;
  const known = data !== undefined;
  const after = data?.lastHop ?? '0';
  useEffect(() => {
    if (!known) return;
    const stop = new AbortController();
    // A stream that ends has no more to say; what it has said is shown.
    follow(messageId, after, () => void reload(), stop.signal).catch(() => undefined);
    return () => stop.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- one stream, from the first answer on
  }, [messageId, known, reload]);
  return (
    <Panel
      title="Message published"
      description={
        <>
          Message ID <Copy text={messageId} />
        </>
      }
      actions={data?.traceId && <Link to={link`traces/${data.traceId}`}>See its whole way</Link>}
    >
      <Problem error={deliveries.error} retry={reload} />
      <Table
        label={`Deliveries of ${messageId}`}
        rows={data?.hops ?? []}
        rowKey={hop => hop.id}
        columns={[
          {
            id: 'to',
            title: 'Subscriber',
            sort: hop => hop.resource,
            cell: hop => <Subscriber arn={hop.resource} />,
          },
          {
            id: 'outcome',
            title: 'Outcome',
            sort: hop => hop.kind,
            cell: hop => <Outcome kind={hop.kind} />,
          },
          { id: 'reason', title: 'Why', cell: hop => hop.reason && <span class="why">{hop.reason}</span> },
        ]}
        empty={
          <p class="hint empty">No delivery yet: the topic has no confirmed subscription, or it goes on.</p>
        }
      />
    </Panel>
  );
}

function Subscriber({ arn }: { arn: string }) {
  const name = nameOf(arn);
  if (arn.startsWith('arn:aws:sqs:')) return <Link to={link`sqs/queues/${name}`}>{name}</Link>;
  if (arn.startsWith('arn:aws:lambda:')) return <Link to={link`lambda/functions/${name}`}>{name}</Link>;
  if (arn.startsWith('arn:aws:sns:')) return <Link to={link`sns/subscriptions/${arn}`}>{name}</Link>;
  return <>{arn}</>;
}

function Outcome({ kind }: { kind: string }) {
  const [tone, text] = OUTCOMES[kind] ?? ['plain', kind];
  return <Badge tone={tone}>{text}</Badge>;
}
