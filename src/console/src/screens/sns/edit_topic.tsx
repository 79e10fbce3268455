/** SNS › Topics › a topic › Edit. */
import { useState } from 'preact/hooks';

import {
  changeTopic,
  replaceTopicTags,
  topicAttributes,
  topicTags,
  type Attributes,
  type Tag,
} from '../../api/sns';
import { navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Form, Pairs } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Loading, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { isFifo, topicAddress, topicArn, topicCrumbs } from './parts';
import { TopicSettings } from './topic_form';

export default function EditTopic({ topic = '' }: Params) {
  const arn = topicArn(topic);
  const loaded = useResource(`sns/edit/${arn}`, async signal => ({
    attributes: await topicAttributes(arn, signal),
    tags: await topicTags(arn, signal),
  }));
  if (isMissing(loaded))
    return <Absent kind="topic" name={nameOf(arn)} crumbs={topicCrumbs()} resource={loaded} />;
  return (
    <Page title={`Edit ${nameOf(arn)}`} crumbs={topicCrumbs(arn)}>
      <Problem error={loaded.error} retry={loaded.reload} />
      {loaded.data ? <Editor arn={arn} {...loaded.data} /> : loaded.loading && <Loading />}
    </Page>
  );
}

function Editor({ arn, attributes, tags }: { arn: string; attributes: Attributes; tags: Tag[] }) {
  const [edited, setEdited] = useState<Attributes>({});
  const [pairs, setPairs] = useState(tags.map(({ Key, Value }): [string, string] => [Key, Value]));
  const [error, setError] = useState<unknown>();
  const back = () => navigate(topicAddress(arn));
  const save = async () => {
    try {
      await changeTopic(arn, attributes, edited);
      const wanted = pairs.filter(([key]) => key).map(([Key, Value]) => ({ Key, Value }));
      if (JSON.stringify(wanted) !== JSON.stringify(tags)) await replaceTopicTags(arn, tags, wanted);
      flash('good', `Topic ${nameOf(arn)} saved successfully.`);
      back();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Form label="Edit topic" submit="Save changes" cancel={back} onSubmit={save}>
      <TopicSettings
        fifo={isFifo(arn)}
        value={{ ...attributes, ...edited }}
        onChange={next =>
          setEdited(
            Object.fromEntries(Object.entries(next).filter(([name, text]) => text !== attributes[name])),
          )
        }
      />
      <Panel title="Tags">
        <Pairs label="Tags of the topic" pairs={pairs} onChange={setPairs} addLabel="Add new tag" />
      </Panel>
      <Problem error={error} />
    </Form>
  );
}
