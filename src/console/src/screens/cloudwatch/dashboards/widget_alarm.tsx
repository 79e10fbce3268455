/** A widget of alarms: each with its state. */
import { describeAlarms, type Alarm } from '../../../api/cloudwatch';
import { Link, link } from '../../../router';
import { dateOf } from '../../../ui/format';
import { Badge, Empty, Loading } from '../../../ui/layout';
import { Problem } from '../../../ui/problem';
import { AlarmState, conditionOf } from '../alarms';
import { alarmName, regionOf } from './alarm_arn';
import { textOf, type Properties } from './body';
import { useWidgetData, type WidgetProps } from './widget_data';

const CLOUDWATCH = ['cloudwatch'];
/** A request has so many names at most. */
const NAMES_AT_ONCE = 100;

interface Shown {
  arn: string;
  /** Undefined: there is no such alarm. */
  alarm?: Alarm;
}

export function AlarmWidget(props: WidgetProps) {
  const loaded = useWidgetData(props, CLOUDWATCH, signal => alarmsOf(props.properties, signal));
  return (
    <>
      <Problem error={loaded.error} retry={loaded.reload} />
      {loaded.data?.length === 0 && <Empty title="No alarms" />}
      {loaded.data ? (
        <ul class="widget-alarms">
          {loaded.data.map(({ arn, alarm }) => (
            <li key={arn}>
              <Link to={link`cloudwatch/alarms/${alarmName(arn)}`}>{alarmName(arn)}</Link>
              {alarm ? <AlarmState alarm={alarm} /> : <Badge tone="warn">There is no such alarm</Badge>}
              {alarm && <span class="hint">{conditionOf(alarm)}</span>}
            </li>
          ))}
        </ul>
      ) : (
        loaded.loading && <Loading />
      )}
    </>
  );
}

async function alarmsOf(properties: Properties, signal: AbortSignal): Promise<Shown[]> {
  const given: unknown[] = Array.isArray(properties.alarms) ? properties.alarms : [];
  const arns = [...new Set(given.filter(arn => typeof arn === 'string'))];
  const found = new Map<string, Alarm>();
  for (const [there, names] of byRegion(arns))
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const some = names.slice(at, at + NAMES_AT_ONCE);
      const { items } = await describeAlarms(some, undefined, signal, there);
      for (const alarm of items) found.set(alarm.AlarmArn, alarm);
    }
  const states: unknown[] | undefined = Array.isArray(properties.states) ? properties.states : undefined;
  return arns
    .map(arn => ({ arn, alarm: found.get(arn) }))
    .filter(({ alarm }) => !states || (alarm && states.includes(alarm.StateValue)))
    .sort(orderOf(textOf(properties.sortBy)));
}

function byRegion(arns: string[]): Map<string | undefined, string[]> {
  const regions = new Map<string | undefined, string[]>();
  for (const arn of arns) {
    const there = regionOf(arn);
    regions.set(there, [...(regions.get(there) ?? []), alarmName(arn)]);
  }
  return regions;
}

const STATES = ['ALARM', 'INSUFFICIENT_DATA', 'OK'];

/** By the state, those in alarm first, or the one that has changed last first. */
function orderOf(by: string | undefined): (a: Shown, b: Shown) => number {
  if (by === 'stateUpdatedTimestamp' || by === 'timestamp')
    return (a, b) => changedAt(b.alarm) - changedAt(a.alarm);
  return (a, b) => rank(a.alarm) - rank(b.alarm);
}

function changedAt(alarm: Alarm | undefined): number {
  return alarm ? dateOf(alarm.StateUpdatedTimestamp).getTime() : 0;
}

function rank(alarm: Alarm | undefined): number {
  return alarm ? STATES.indexOf(alarm.StateValue) : STATES.length;
}
