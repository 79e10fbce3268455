/** The subscriptions of a topic, or of all topics. */
import { useState } from 'preact/hooks';

import {
  confirmSubscription,
  PENDING,
  subscriptionsPage,
  unsubscribe,
  type Subscription,
} from '../../api/sns';
import { Link, navigate } from '../../router';
import { Button, Form, TextField } from '../../ui/controls';
import { Confirm, Dialog } from '../../ui/dialog';
import { attempt, flash } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Empty, Panel } from '../../ui/layout';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table, type Column } from '../../ui/table';
import { ofSns, SUBSCRIPTION_COLUMNS, subscriptionKey, topicAddress } from './parts';

const TOPIC: Column<Subscription> = {
  id: 'topic',
  title: 'Topic',
  sort: one => nameOf(one.TopicArn),
  cell: one => <Link to={topicAddress(one.TopicArn)}>{nameOf(one.TopicArn)}</Link>,
};

export function SubscriptionsPanel({ topic }: { topic?: string }) {
  const subscriptions = usePages(
    `sns/subscriptions/${topic ?? 'all'}`,
    (token, signal) => subscriptionsPage(topic, token, signal),
    { on: ofSns },
  );
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [asked, setAsked] = useState<'delete' | 'confirm'>();
  const chosen = subscriptions.rows.filter(one => selected.has(subscriptionKey(one)));
  const [one] = chosen;
  const confirmed = chosen.length > 0 && chosen.every(each => each.SubscriptionArn !== PENDING);
  const create = () =>
    navigate(`sns/create-subscription${topic ? `?topic=${encodeURIComponent(topic)}` : ''}`);
  const remove = async () => {
    await attempt(
      async () => {
        for (const each of chosen) await unsubscribe(each.SubscriptionArn);
      },
      `Deleted ${chosen.length === 1 ? 'the subscription' : `${chosen.length} subscriptions`}.`,
    );
    setSelected(new Set());
    await subscriptions.reload();
  };
  return (
    <Panel
      title="Subscriptions"
      count={`${subscriptions.rows.length}${subscriptions.more ? '+' : ''}`}
      actions={
        <>
          <Button kind="danger" disabled={!confirmed} onClick={() => setAsked('delete')}>
            Delete
          </Button>
          <Button disabled={chosen.length !== 1 || confirmed} onClick={() => setAsked('confirm')}>
            Confirm subscription
          </Button>
          <Button kind="primary" onClick={create}>
            Create subscription
          </Button>
        </>
      }
    >
      <Problem error={subscriptions.error} retry={subscriptions.reload} />
      <Table
        label="Subscriptions"
        rows={subscriptions.rows}
        rowKey={subscriptionKey}
        filterText={each => `${each.Endpoint} ${each.Protocol} ${each.SubscriptionArn}`}
        filterLabel="Find subscriptions"
        selection={{ keys: selected, onChange: setSelected, label: each => each.Endpoint }}
        columns={topic ? SUBSCRIPTION_COLUMNS : [...SUBSCRIPTION_COLUMNS, TOPIC]}
        more={subscriptions.more}
        empty={
          <Empty title={subscriptions.loading ? 'Loading…' : 'No subscriptions'}>
            <Button onClick={create}>Create subscription</Button>
          </Empty>
        }
      />
      {asked === 'delete' && (
        <Confirm
          title={chosen.length === 1 ? 'Delete subscription' : `Delete ${chosen.length} subscriptions`}
          action="Delete"
          onConfirm={remove}
          onClose={() => setAsked(undefined)}
        >
          <p>{chosen.map(each => each.Endpoint).join(', ')} get no messages any more.</p>
        </Confirm>
      )}
      {asked === 'confirm' && one && (
        <ConfirmSubscription
          subscription={one}
          onClose={() => setAsked(undefined)}
          onDone={() => {
            setSelected(new Set());
            void subscriptions.reload();
          }}
        />
      )}
    </Panel>
  );
}

interface ConfirmProps {
  subscription: Subscription;
  onDone: () => void;
  onClose: () => void;
}

/** The endpoint was sent a URL with a token: either is what it takes. */
function ConfirmSubscription({ subscription, onDone, onClose }: ConfirmProps) {
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>();
  const confirm = async () => {
    try {
      const token = /[?&]Token=([^&]+)/.exec(text)?.[1] ?? text.trim();
      await confirmSubscription(subscription.TopicArn, token);
      flash('good', `The subscription of ${subscription.Endpoint} is confirmed.`);
      onDone();
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title="Confirm subscription" onClose={onClose}>
      <Form label="Confirm subscription" submit="Confirm subscription" cancel={onClose} onSubmit={confirm}>
        <TextField
          label="Subscription confirmation URL"
          hint={`The SubscribeURL that ${subscription.Endpoint} was sent, or its token`}
          value={text}
          onInput={setText}
          required
          mono
        />
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}
