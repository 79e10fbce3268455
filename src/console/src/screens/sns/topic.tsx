/** SNS › Topics › a topic. */
import { useState } from 'preact/hooks';

import { topicAttributes, topicTags, type Attributes } from '../../api/sns';
import { navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Code } from '../../ui/code';
import { Button } from '../../ui/controls';
import { count, nameOf, pretty } from '../../ui/format';
import { Copy, Facts, Loading, Page, Panel, Tabs } from '../../ui/layout';
import { Monitor } from '../../ui/monitor';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { LOGGED_PROTOCOLS, LOGGING_PARTS } from './logging';
import { isFifo, ofSns, topicAddress, topicArn, topicCrumbs } from './parts';
import { SubscriptionsPanel } from './subscriptions_panel';
import { DeleteTopics } from './topics';

export default function TopicPage({ topic = '' }: Params) {
  const arn = topicArn(topic);
  const topicData = useResource(`sns/topic/${arn}`, signal => topicAttributes(arn, signal), { on: ofSns });
  const [deleting, setDeleting] = useState(false);
  const attributes = topicData.data;
  if (isMissing(topicData))
    return <Absent kind="topic" name={nameOf(arn)} crumbs={topicCrumbs()} resource={topicData} />;
  return (
    <Page
      title={nameOf(arn)}
      crumbs={topicCrumbs()}
      actions={
        <>
          <Button onClick={() => navigate(`${topicAddress(arn)}/edit`)}>Edit</Button>
          <Button kind="danger" onClick={() => setDeleting(true)}>
            Delete
          </Button>
          <Button kind="primary" onClick={() => navigate(`${topicAddress(arn)}/publish`)}>
            Publish message
          </Button>
        </>
      }
    >
      <Problem error={topicData.error} retry={topicData.reload} />
      {attributes ? (
        <>
          <Details arn={arn} attributes={attributes} />
          <Tabs label={`Topic ${nameOf(arn)}`} tabs={tabsOf(arn, attributes)} />
        </>
      ) : (
        topicData.loading && <Loading />
      )}
      {deleting && (
        <DeleteTopics
          arns={[arn]}
          onClose={() => setDeleting(false)}
          onDeleted={() => navigate('sns/topics')}
        />
      )}
    </Page>
  );
}

function tabsOf(arn: string, attributes: Attributes) {
  return [
    { id: 'subscriptions', label: 'Subscriptions', content: () => <SubscriptionsPanel topic={arn} /> },
    {
      id: 'policy',
      label: 'Access policy',
      content: () => <Document title="Access policy" arn={arn} text={attributes.Policy} />,
    },
    ...(isFifo(arn)
      ? []
      : [
          {
            id: 'delivery',
            label: 'Delivery policy (HTTP/S)',
            content: () => (
              <Document
                title="Delivery policy in effect"
                arn={arn}
                text={attributes.EffectiveDeliveryPolicy}
              />
            ),
          },
        ]),
    { id: 'logging', label: 'Delivery status logging', content: () => <Logging attributes={attributes} /> },
    { id: 'encryption', label: 'Encryption', content: () => <Encryption attributes={attributes} /> },
    { id: 'tags', label: 'Tags', content: () => <Tags arn={arn} /> },
    { id: 'monitoring', label: 'Monitoring', content: () => <TopicMonitor arn={arn} /> },
  ];
}

function Details({ arn, attributes }: { arn: string; attributes: Attributes }) {
  const fifo = isFifo(arn);
  return (
    <Panel title="Details">
      <Facts
        facts={[
          ['Name', nameOf(arn)],
          ['ARN', <Copy key="arn" text={arn} />],
          ['Type', fifo ? 'FIFO' : 'Standard'],
          ['Display name', attributes.DisplayName],
          ['Topic owner', attributes.Owner],
          ['Subscriptions confirmed', count(attributes.SubscriptionsConfirmed)],
          ['Subscriptions pending', count(attributes.SubscriptionsPending)],
          ...(fifo
            ? ([
                [
                  'Content-based message deduplication',
                  attributes.ContentBasedDeduplication === 'true' ? 'Enabled' : 'Disabled',
                ],
                ['FIFO throughput scope', attributes.FifoThroughputScope ?? 'MessageGroup'],
              ] as [string, string][])
            : []),
        ]}
      />
    </Panel>
  );
}

function Document({ title, arn, text }: { title: string; arn: string; text?: string }) {
  return (
    <Panel
      title={title}
      actions={<Button onClick={() => navigate(`${topicAddress(arn)}/edit`)}>Edit</Button>}
    >
      {text ? <Code label={title} language="json" value={pretty(text)} /> : <p class="hint">None</p>}
    </Panel>
  );
}

function Logging({ attributes }: { attributes: Attributes }) {
  const facts = LOGGED_PROTOCOLS.flatMap(([prefix, name]) =>
    LOGGING_PARTS.filter(([part]) => attributes[prefix + part]).map(([part, label]): [string, string] => [
      `${label} (${name})`,
      attributes[prefix + part]!,
    ]),
  );
  return (
    <Panel title="Delivery status logging">
      {facts.length > 0 ? <Facts facts={facts} /> : <p class="hint">No deliveries are logged.</p>}
    </Panel>
  );
}

function Encryption({ attributes }: { attributes: Attributes }) {
  return (
    <Panel title="Encryption">
      <Facts
        facts={[
          ['Encryption', attributes.KmsMasterKeyId ? 'Configured' : 'Disabled'],
          ['AWS KMS key', attributes.KmsMasterKeyId],
        ]}
      />
    </Panel>
  );
}

function Tags({ arn }: { arn: string }) {
  const tags = useResource(`sns/tags/${arn}`, signal => topicTags(arn, signal), { on: ofSns });
  return (
    <Panel
      title="Tags"
      count={tags.data?.length}
      actions={<Button onClick={() => navigate(`${topicAddress(arn)}/edit`)}>Edit</Button>}
    >
      <Problem error={tags.error} retry={tags.reload} />
      {tags.data && tags.data.length === 0 && <p class="hint">No tags</p>}
      {tags.data && <Facts facts={tags.data.map(({ Key, Value }) => [Key, Value])} />}
    </Panel>
  );
}

function TopicMonitor({ arn }: { arn: string }) {
  const name = nameOf(arn);
  const of = (metric: string, statistic = 'Sum') => ({
    namespace: 'AWS/SNS',
    metric,
    statistic,
    dimensions: { TopicName: name },
  });
  return (
    <Monitor
      name={`sns/${name}`}
      arn={arn}
      graphs={[
        { title: 'Messages published', queries: [of('NumberOfMessagesPublished')] },
        { title: 'Notifications delivered', queries: [of('NumberOfNotificationsDelivered')] },
        { title: 'Notifications failed', queries: [of('NumberOfNotificationsFailed')] },
        { title: 'Notifications filtered out', queries: [of('NumberOfNotificationsFilteredOut')] },
        { title: 'Publish size (bytes)', queries: [of('PublishSize', 'Average')] },
      ]}
    />
  );
}
