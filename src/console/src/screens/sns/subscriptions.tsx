/** SNS › Subscriptions: those of all topics. */
import { Page } from '../../ui/layout';
import { SnsSections } from './parts';
import { SubscriptionsPanel } from './subscriptions_panel';

export default function Subscriptions() {
  return (
    <Page title="Subscriptions" crumbs={[['Amazon SNS', 'sns/topics']]}>
      <SnsSections />
      <SubscriptionsPanel />
    </Page>
  );
}
