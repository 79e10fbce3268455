/** The access policy and the tags of a queue. */
import { useState } from 'preact/hooks';

import { changeTags, queueTags, setAttributes, type Queue } from '../../api/sqs';
import { Code } from '../../ui/code';
import { Button, Pairs } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { pretty } from '../../ui/format';
import { Empty, Loading, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';

export function AccessPolicyTab({ queue, onSaved }: { queue: Queue; onSaved: () => Promise<void> }) {
  const [edited, setEdited] = useState<string>();
  const [error, setError] = useState<unknown>();
  const policy = pretty(queue.attributes.Policy ?? '');
  const save = async () => {
    try {
      await setAttributes(queue.url, { Policy: edited ?? '' });
      flash('good', 'Access policy saved');
      setEdited(undefined);
      setError(undefined);
      await onSaved();
    } catch (failure) {
      setError(failure);
    }
  };
  const actions =
    edited === undefined ? (
      <Button onClick={() => setEdited(policy)}>Edit</Button>
    ) : (
      <>
        <Button onClick={() => setEdited(undefined)}>Cancel</Button>
        <Button kind="primary" onClick={save}>
          Save
        </Button>
      </>
    );
  return (
    <Panel title="Access policy (permissions)" description="Who can access your queue" actions={actions}>
      <Problem error={error} />
      {edited === undefined && !policy ? (
        <Empty title="No policy: only this account, by the policies of its users and roles" />
      ) : (
        <Code
          key={edited === undefined ? 'read' : 'edit'}
          label="Access policy"
          language="json"
          value={edited ?? policy}
          onChange={edited === undefined ? undefined : setEdited}
        />
      )}
    </Panel>
  );
}

export function TaggingTab({ queue }: { queue: Queue }) {
  const tags = useResource(`sqs/tags/${queue.url}`, signal => queueTags(queue.url, signal));
  const [edited, setEdited] = useState<[string, string][]>();
  const [error, setError] = useState<unknown>();
  if (!tags.data) return tags.error ? <Problem error={tags.error} /> : <Loading />;
  const before = tags.data;
  const save = async () => {
    try {
      await changeTags(queue.url, before, Object.fromEntries((edited ?? []).filter(([key]) => key)));
      setEdited(undefined);
      setError(undefined);
      await tags.reload();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Panel
      title="Tags"
      actions={
        edited && (
          <Button kind="primary" onClick={save}>
            Save
          </Button>
        )
      }
    >
      <Problem error={error} />
      <Pairs
        label="Tags"
        pairs={edited ?? Object.entries(before)}
        onChange={setEdited}
        addLabel="Add new tag"
      />
    </Panel>
  );
}
