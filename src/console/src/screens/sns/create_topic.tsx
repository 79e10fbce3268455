/** SNS › Topics › Create topic. */
import { useState } from 'preact/hooks';

import { createTopic, type Attributes } from '../../api/sns';
import { navigate } from '../../router';
import { Form, Pairs, RadioGroup, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { topicAddress, topicCrumbs } from './parts';
import { TopicSettings } from './topic_form';

type Type = 'standard' | 'fifo';

/** What is empty is not sent: then AWS's default holds. */
function given(attributes: Attributes, type: Type): Attributes {
  const filled = Object.entries(attributes).filter(
    ([name, text]) => text && (type === 'fifo' || !isOfFifo(name)),
  );
  return { ...(type === 'fifo' && { FifoTopic: 'true' }), ...Object.fromEntries(filled) };
}

function isOfFifo(name: string): boolean {
  return name === 'ContentBasedDeduplication' || name === 'FifoThroughputScope';
}

export default function CreateTopic() {
  const [type, setType] = useState<Type>('standard');
  const [name, setName] = useState('');
  const [attributes, setAttributes] = useState<Attributes>({});
  const [tags, setTags] = useState<[string, string][]>([]);
  const [error, setError] = useState<unknown>();
  const fullName = type === 'fifo' && !name.endsWith('.fifo') ? `${name}.fifo` : name;
  const submit = async () => {
    try {
      const arn = await createTopic(
        fullName,
        given(attributes, type),
        tags.map(([Key, Value]) => ({ Key, Value })),
      );
      flash('good', `Topic ${nameOf(arn)} created successfully.`);
      navigate(topicAddress(arn));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Page title="Create topic" crumbs={topicCrumbs()}>
      <Form
        label="Create topic"
        submit="Create topic"
        cancel={() => navigate('sns/topics')}
        onSubmit={submit}
      >
        <Panel title="Details">
          <RadioGroup
            legend="Type"
            tiles
            value={type}
            options={[
              {
                value: 'fifo',
                label: 'FIFO (first-in, first-out)',
                hint: 'Strictly preserved order, exactly-once delivery to FIFO queues.',
              },
              {
                value: 'standard',
                label: 'Standard',
                hint: 'Best-effort order, at-least-once delivery, to all protocols.',
              },
            ]}
            onChange={text => setType(text as Type)}
          />
          <TextField
            label="Name"
            hint={
              type === 'fifo'
                ? `Up to 256 letters, digits, - and _; its end is ".fifo": ${name ? fullName : 'name.fifo'}`
                : 'Up to 256 letters, digits, - and _'
            }
            value={name}
            onInput={setName}
            required
          />
        </Panel>
        <TopicSettings fifo={type === 'fifo'} value={attributes} onChange={setAttributes} />
        <Panel title="Tags">
          <Pairs label="Tags of the topic" pairs={tags} onChange={setTags} addLabel="Add new tag" />
        </Panel>
        <Problem error={error} />
      </Form>
    </Page>
  );
}
