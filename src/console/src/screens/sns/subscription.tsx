/** SNS › Subscriptions › a subscription. */
import { useState } from 'preact/hooks';

import { subscriptionAttributes, unsubscribe, type Attributes } from '../../api/sns';
import { Link, link, navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Code } from '../../ui/code';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { nameOf, pretty } from '../../ui/format';
import { Badge, Copy, Facts, Loading, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Confirmation, Endpoint, ofSns, parsed, protocolName, topicAddress } from './parts';

const CRUMBS: [string, string][] = [
  ['Amazon SNS', 'sns/topics'],
  ['Subscriptions', 'sns/subscriptions'],
];

export default function SubscriptionPage({ arn = '' }: Params) {
  const loaded = useResource(`sns/subscription/${arn}`, signal => subscriptionAttributes(arn, signal), {
    on: ofSns,
  });
  const [deleting, setDeleting] = useState(false);
  const attributes = loaded.data;
  const remove = async () => {
    if (await attempt(() => unsubscribe(arn), 'Deleted the subscription.'))
      navigate(attributes ? topicAddress(attributes.TopicArn!) : 'sns/subscriptions');
  };
  if (isMissing(loaded))
    return <Absent kind="subscription" name={nameOf(arn)} crumbs={CRUMBS} resource={loaded} />;
  return (
    <Page
      title={`Subscription: ${nameOf(arn)}`}
      crumbs={CRUMBS}
      actions={
        <>
          <Button onClick={() => navigate(`${link`sns/subscriptions/${arn}`}/edit`)}>Edit</Button>
          <Button kind="danger" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        </>
      }
    >
      <Problem error={loaded.error} retry={loaded.reload} />
      {attributes ? <Details arn={arn} attributes={attributes} /> : loaded.loading && <Loading />}
      {deleting && (
        <Confirm
          title="Delete subscription"
          action="Delete"
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>{attributes?.Endpoint ?? 'The endpoint'} gets no messages any more.</p>
        </Confirm>
      )}
    </Page>
  );
}

function Details({ arn, attributes }: { arn: string; attributes: Attributes }) {
  const { Protocol = '', Endpoint: endpoint = '', TopicArn: topic = '' } = attributes;
  const target = parsed<{ deadLetterTargetArn: string }>(attributes, 'RedrivePolicy')?.deadLetterTargetArn;
  const body = attributes.FilterPolicyScope === 'MessageBody';
  return (
    <>
      <Panel title="Details">
        <Facts
          facts={[
            ['ARN', <Copy key="arn" text={arn} />],
            ['Endpoint', <Endpoint key="endpoint" protocol={Protocol} endpoint={endpoint} />],
            [
              'Topic',
              <Link key="topic" to={topicAddress(topic)}>
                {nameOf(topic)}
              </Link>,
            ],
            ['Protocol', protocolName(Protocol)],
            ['Status', <Confirmation key="status" pending={attributes.PendingConfirmation === 'true'} />],
            ['Subscription principal', attributes.SubscriptionPrincipal],
            [
              'Raw message delivery',
              attributes.RawMessageDelivery === 'true' ? <Badge tone="good">Enabled</Badge> : 'Disabled',
            ],
          ]}
        />
      </Panel>
      <Panel
        title="Subscription filter policy"
        description={attributes.FilterPolicy && `It looks at the message ${body ? 'body' : 'attributes'}.`}
      >
        {attributes.FilterPolicy ? (
          <Code
            label="Filter policy"
            language="json"
            height="180px"
            value={pretty(attributes.FilterPolicy)}
          />
        ) : (
          <p class="hint">No filter policy: the endpoint gets every message.</p>
        )}
      </Panel>
      <Panel title="Redrive policy (dead-letter queue)">
        {target ? (
          <Facts facts={[['Dead-letter queue', <Endpoint key="queue" protocol="sqs" endpoint={target} />]]} />
        ) : (
          <p class="hint">No dead-letter queue: what cannot be delivered is discarded.</p>
        )}
      </Panel>
      {attributes.EffectiveDeliveryPolicy && (
        <Panel title="Delivery policy in effect">
          <Code
            label="Delivery policy in effect"
            language="json"
            height="200px"
            value={pretty(attributes.EffectiveDeliveryPolicy)}
          />
        </Panel>
      )}
    </>
  );
}
