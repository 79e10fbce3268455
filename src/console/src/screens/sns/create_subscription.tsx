/** SNS › Subscriptions › Create subscription. */
import { useState } from 'preact/hooks';

import { functionArns, queueArns, topicArns } from '../../api/endpoints';
import { PENDING, subscribe, type Attributes } from '../../api/sns';
import { link, navigate, search } from '../../router';
import { Form, Select, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { parsed, PROTOCOLS, topicAddress } from './parts';
import { GrantQuestions, SubscriptionSettings } from './subscription_form';
import { writeGrants } from './write_grants';

const HINTS: Record<string, string> = {
  sqs: 'Choose a queue, or paste the ARN of one',
  lambda: 'Choose a function, or paste the ARN of one',
  http: 'http://…',
  https: 'https://…',
  email: 'An email address',
  'email-json': 'An email address',
  sms: 'A phone number, as +12065550100',
  application: 'The ARN of a platform endpoint',
};

/** What is empty is not sent; the scope alone means nothing. */
function given({ FilterPolicyScope, ...attributes }: Attributes): Attributes {
  const filled = Object.fromEntries(Object.entries(attributes).filter(([, text]) => text));
  return { ...filled, ...(filled.FilterPolicy && FilterPolicyScope && { FilterPolicyScope }) };
}

export default function CreateSubscription() {
  const [topic, setTopic] = useState(search.value.get('topic') ?? '');
  const [protocol, setProtocol] = useState('sqs');
  const [endpoint, setEndpoint] = useState('');
  const [attributes, setAttributes] = useState<Attributes>({});
  const [grants, setGrants] = useState({ endpoint: true, deadLetters: true });
  const [error, setError] = useState<unknown>();
  const topics = useResource('sns/topic-arns', topicArns);
  const endpoints = useResource(`sns/endpoints/${protocol}`, async signal => {
    if (protocol === 'sqs') return queueArns(signal);
    return protocol === 'lambda' ? functionArns(signal) : [];
  });
  const deadLetters = parsed<{ deadLetterTargetArn: string }>(
    attributes,
    'RedrivePolicy',
  )?.deadLetterTargetArn;

  const submit = async () => {
    const wanted = { topic: topic.trim(), protocol, endpoint: endpoint.trim(), deadLetters };
    let arn: string;
    try {
      arn = await subscribe(wanted.topic, protocol, wanted.endpoint, given(attributes));
    } catch (failure) {
      setError(failure);
      return;
    }
    flash('good', 'Subscription created successfully.');
    await writeGrants(wanted, grants);
    navigate(
      arn === PENDING || !arn.startsWith('arn:')
        ? topicAddress(wanted.topic)
        : link`sns/subscriptions/${arn}`,
    );
  };

  return (
    <Page
      title="Create subscription"
      crumbs={[
        ['Amazon SNS', 'sns/topics'],
        ['Subscriptions', 'sns/subscriptions'],
      ]}
    >
      <Form
        label="Create subscription"
        submit="Create subscription"
        cancel={() => navigate(topic ? topicAddress(topic) : 'sns/subscriptions')}
        onSubmit={submit}
      >
        <Panel title="Details">
          <TextField
            label="Topic ARN"
            hint="Choose a topic, or paste the ARN of one"
            value={topic}
            list={topics.data ?? []}
            onInput={setTopic}
            required
            mono
          />
          <Select
            label="Protocol"
            value={protocol}
            options={PROTOCOLS}
            onChange={text => {
              setProtocol(text);
              setEndpoint('');
            }}
          />
          <TextField
            label="Endpoint"
            hint={HINTS[protocol]}
            value={endpoint}
            list={endpoints.data ?? []}
            onInput={setEndpoint}
            required
            mono
          />
          <p class="hint">
            {['http', 'https', 'email', 'email-json'].includes(protocol)
              ? 'The endpoint is sent a message that it has to confirm before it gets others.'
              : ''}
          </p>
        </Panel>
        <GrantQuestions
          topic={topic.trim()}
          protocol={protocol}
          endpoint={endpoint.trim()}
          deadLetters={deadLetters}
          value={grants}
          onChange={setGrants}
        />
        <SubscriptionSettings protocol={protocol} value={attributes} onChange={setAttributes} />
        <Problem error={error} />
      </Form>
    </Page>
  );
}
