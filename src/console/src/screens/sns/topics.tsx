/** SNS › Topics. */
import { deleteTopic, topicsPage } from '../../api/sns';
import { Link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Page } from '../../ui/layout';
import { ListPanel, pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { isFifo, ofSns, SnsSections, topicAddress, topicCrumbs } from './parts';

export default function Topics() {
  const topics = usePages('sns/topics', topicsPage, { on: ofSns });
  return (
    <Page title="Topics" crumbs={topicCrumbs()}>
      <SnsSections />
      <ListPanel
        title="Topics"
        list={pagesListed(topics)}
        nameOf={nameOf}
        rowKey={topic => topic}
        filterText={nameOf}
        filterLabel="Find topics"
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
        actions={([arn, ...others]) => (
          <Button
            disabled={!arn || others.length > 0}
            onClick={() => arn && navigate(`${topicAddress(arn)}/publish`)}
          >
            Publish message
          </Button>
        )}
        create={{ label: 'Create topic', onClick: () => navigate('sns/create-topic') }}
        empty="No topics"
        createHere
        removal={(arns, { onClose, onRemoved }) => (
          <DeleteTopics arns={arns} onClose={onClose} onDeleted={() => void onRemoved()} />
        )}
      />
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
