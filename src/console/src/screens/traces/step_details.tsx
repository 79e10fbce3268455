/** What a step did: the lines that an invocation wrote, the item that was put, and its resource. */
import { json } from '../../api/client';
import type { Hop } from '../../api/traces';
import { Link, link } from '../../router';
import { duration, nameOf, Time } from '../../ui/format';
import { Copy, Empty, Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { ItemOfStep } from './item';
import type { Step } from './steps';

export function StepDetails({ step }: { step: Step }) {
  const { hop } = step;
  const page = pageOf(hop.resource);
  const name = nameOf(hop.resource);
  return (
    <Panel title={`${hop.kind} ${name}`}>
      <Facts
        facts={[
          ['Resource', page ? <Link to={page}>{name}</Link> : name],
          ['At', <Time at={step.beganMs} />],
          ['Took', step.endedMs > step.beganMs ? duration(step.endedMs - step.beganMs) : undefined],
          ['Attempt', hop.attempt || undefined],
          ['Message ID', hop.messageId && <Copy text={hop.messageId} />],
          ['Request ID', hop.requestId && <Copy text={hop.requestId} />],
        ]}
      />
      {(hop.kind === 'logged' || hop.kind === 'invoked') && <LogLines step={step} />}
      {isOfItem(hop) && <ItemOfStep hop={hop} />}
    </Panel>
  );
}

function isOfItem({ kind, resource }: Hop): boolean {
  return (kind === 'put' || kind === 'deleted') && resource.startsWith('arn:aws:dynamodb:');
}

/** The page of a resource, by its ARN. */
export function pageOf(arn: string): string | undefined {
  const [, , service, , , kind, name] = arn.split(':');
  if (service === 'sns') return link`sns/topics/${kind!}`;
  if (service === 'sqs') return link`sqs/queues/${kind!}`;
  if (service === 'lambda' && kind === 'function') return link`lambda/functions/${name!}`;
  if (service === 'dynamodb') return link`dynamodb/tables/${kind!.split('/')[1] ?? ''}`;
  if (service === 'logs' && kind === 'log-group') return link`cloudwatch/log-groups/${name!}`;
  return undefined;
}

interface LogEvent {
  eventId: string;
  timestamp: number;
  message: string;
}

function LogLines({ step: { hop } }: { step: Step }) {
  const group =
    hop.kind === 'logged' ? hop.resource.split(':')[6]! : `/aws/lambda/${hop.resource.split(':')[6]}`;
  const lines = useResource(`log/${group}/${hop.requestId}`, async signal => {
    const input = {
      logGroupName: group,
      filterPattern: `"${hop.requestId}"`,
      startTime: hop.atMs - 60_000,
      limit: 100,
    };
    return (await json<{ events: LogEvent[] }>('logs', 'FilterLogEvents', input, { signal, quiet: true }))
      .events;
  });
  return (
    <>
      <h3>Log lines of this request</h3>
      <Problem error={lines.error} />
      {lines.data?.length === 0 && <Empty title="None" />}
      {lines.data && lines.data.length > 0 && (
        <pre>{lines.data.map(event => event.message.trimEnd()).join('\n')}</pre>
      )}
      <Link to={link`cloudwatch/log-groups/${group}`}>{group}</Link>
    </>
  );
}
