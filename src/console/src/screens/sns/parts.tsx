/** What several of SNS's pages show. */
import './sns.css';

import { changed } from '../../api/events';
import { PENDING, type Attributes, type Subscription } from '../../api/sns';
import { Link, link } from '../../router';
import { arn } from '../../session';
import { nameOf } from '../../ui/format';
import { Badge, Sections } from '../../ui/layout';
import type { Column } from '../../ui/table';

export const PROTOCOLS = [
  { value: 'sqs', label: 'Amazon SQS' },
  { value: 'lambda', label: 'AWS Lambda' },
  { value: 'http', label: 'HTTP' },
  { value: 'https', label: 'HTTPS' },
  { value: 'email', label: 'Email' },
  { value: 'email-json', label: 'Email-JSON' },
  { value: 'sms', label: 'SMS' },
  { value: 'application', label: 'Platform application endpoint' },
];

export function protocolName(protocol: string): string {
  return PROTOCOLS.find(one => one.value === protocol)?.label ?? protocol;
}

export function SnsSections() {
  return (
    <Sections
      label="SNS"
      links={[
        ['Topics', 'sns/topics'],
        ['Subscriptions', 'sns/subscriptions'],
      ]}
    />
  );
}

export const ofSns = changed('sns');

/** The topic of an address: its name, or its ARN. */
export function topicArn(topic: string): string {
  return topic.startsWith('arn:') ? topic : arn('sns', topic);
}

/** The shorter form is for the topics of this account and region. */
export function topicAddress(topic: string): string {
  return link`sns/topics/${topicArn(nameOf(topic)) === topic ? nameOf(topic) : topic}`;
}

export function isFifo(topic: string): boolean {
  return topic.endsWith('.fifo');
}

export function topicCrumbs(topic?: string): [string, string][] {
  return [
    ['Amazon SNS', 'sns/topics'],
    ['Topics', 'sns/topics'],
    ...(topic ? [[nameOf(topic), topicAddress(topic)] as [string, string]] : []),
  ];
}

export function Confirmation({ pending }: { pending: boolean }) {
  return pending ? <Badge tone="warn">Pending confirmation</Badge> : <Badge tone="good">Confirmed</Badge>;
}

/** An endpoint that has a page here is a link to it. */
export function Endpoint({ protocol, endpoint }: { protocol: string; endpoint: string }) {
  const name = nameOf(endpoint);
  if (protocol === 'sqs') return <Link to={link`sqs/queues/${name}`}>{endpoint}</Link>;
  if (protocol === 'lambda') return <Link to={link`lambda/functions/${name}`}>{endpoint}</Link>;
  return <>{endpoint}</>;
}

/** Several pending subscriptions have one ARN: what tells them apart is what subscribes. */
export function subscriptionKey(one: Subscription): string {
  return `${one.SubscriptionArn}/${one.TopicArn}/${one.Protocol}/${one.Endpoint}`;
}

export const SUBSCRIPTION_COLUMNS: Column<Subscription>[] = [
  {
    id: 'id',
    title: 'ID',
    sort: one => one.SubscriptionArn,
    cell: one =>
      one.SubscriptionArn === PENDING ? (
        'Pending confirmation'
      ) : (
        <Link to={link`sns/subscriptions/${one.SubscriptionArn}`}>{nameOf(one.SubscriptionArn)}</Link>
      ),
  },
  {
    id: 'endpoint',
    title: 'Endpoint',
    sort: one => one.Endpoint,
    cell: one => <Endpoint protocol={one.Protocol} endpoint={one.Endpoint} />,
  },
  {
    id: 'status',
    title: 'Status',
    sort: one => String(one.SubscriptionArn === PENDING),
    cell: one => <Confirmation pending={one.SubscriptionArn === PENDING} />,
  },
  {
    id: 'protocol',
    title: 'Protocol',
    sort: one => protocolName(one.Protocol),
    cell: one => protocolName(one.Protocol),
  },
];

/** A policy in an attribute, or nothing. */
export function parsed<T>(attributes: Attributes, name: string): T | undefined {
  try {
    return attributes[name] ? (JSON.parse(attributes[name]) as T) : undefined;
  } catch {
    return undefined;
  }
}
