/** SNS › Topics. */
import { useState } from 'preact/hooks';

import { deleteTopic, topicsPage } from '../../api/sns';
import { Link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Empty, Page, Panel } from '../../ui/layout';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table } from '../../ui/table';
import { isFifo, ofSns, SnsSections, topicAddress, topicCrumbs } from './parts';

export default function Topics() {
  const topics = usePages('sns/topics', topicsPage, { on: ofSns });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const [arn] = selected;
  return (
    <Page title="Topics" crumbs={topicCrumbs()}>
      <SnsSections />
      <Problem error={topics.error} retry={topics.reload} />
      <Panel
        title="Topics"
        count={`${topics.rows.length}${topics.more ? '+' : ''}`}
        actions={
          <>
            <Button kind="danger" disabled={selected.size === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button
              disabled={selected.size !== 1}
              onClick={() => arn && navigate(`${topicAddress(arn)}/publish`)}
            >
              Publish message
            </Button>
            <Button kind="primary" onClick={() => navigate('sns/create-topic')}>
              Create topic
            </Button>
          </>
        }
      >
        <Table
          label="Topics"
          rows={topics.rows}
          rowKey={topic => topic}
          filterText={topic => nameOf(topic)}
          filterLabel="Find topics"
          selection={{ keys: selected, onChange: setSelected, label: nameOf }}
          initialSort={{ id: 'name' }}
          columns={[
            {
              id: 'name',
              title: 'Name',
              sort: nameOf,
              cell: topic => <Link to={topicAddress(topic)}>{nameOf(topic)}</Link>,
            },
            {
              id: 'type',
              title: 'Type',
              sort: topic => String(isFifo(topic)),
              cell: topic => (isFifo(topic) ? 'FIFO' : 'Standard'),
            },
            { id: 'arn', title: 'ARN', cell: topic => <span class="mono">{topic}</span> },
          ]}
          more={topics.more}
          empty={
            <Empty title={topics.loading ? 'Loading…' : 'No topics'}>
              <Button onClick={() => navigate('sns/create-topic')}>Create topic</Button>
            </Empty>
          }
        />
      </Panel>
      {deleting && (
        <DeleteTopics
          arns={[...selected]}
          onClose={() => setDeleting(false)}
          onDeleted={() => {
            setSelected(new Set());
            void topics.reload();
          }}
        />
      )}
    </Page>
  );
}

interface DeleteProps {
  arns: string[];
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteTopics({ arns, onClose, onDeleted }: DeleteProps) {
  const names = arns.map(nameOf).join(', ');
  const remove = async () => {
    const deleted = await attempt(async () => {
      for (const arn of arns) await deleteTopic(arn);
    }, `Deleted ${names}.`);
    if (deleted) onDeleted();
  };
  return (
    <Confirm title={`Delete ${names}`} action="Delete" typed="delete me" onConfirm={remove} onClose={onClose}>
      <p>Its subscriptions are deleted, too. Publishing to it fails from now on.</p>
    </Confirm>
  );
}
