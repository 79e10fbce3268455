/** SQS › Queues › Create queue. */
import { createQueue } from '../../api/sqs';
import { link, navigate } from '../../router';
import { flash } from '../../ui/flash';
import { attributesOf, NEW_QUEUE, QueueForm, type QueueValues } from './queue_form';

export default function CreateQueue() {
  const save = async (values: QueueValues) => {
    const tags = Object.fromEntries(values.tags.filter(([key]) => key));
    await createQueue(values.name, attributesOf(values, true), tags);
    flash('good', `Queue ${values.name} created successfully. You can now send and receive messages.`);
    navigate(link`sqs/queues/${values.name}`);
  };
  return <QueueForm title="Create queue" submit="Create queue" start={NEW_QUEUE} save={save} />;
}
