/** SQS › Queues › a queue › Edit. */
import { findQueue, isFifo, redriveOf, setAttributes, type Queue } from '../../api/sqs';
import { link, navigate, type Params } from '../../router';
import { Absent } from '../../ui/absent';
import { flash } from '../../ui/flash';
import { pretty } from '../../ui/format';
import { changesOf } from '../../ui/merge';
import { useResource } from '../../ui/resource';
import { attributesOf, NEW_QUEUE, QueueForm, type QueueValues } from './queue_form';

function valuesOf(queue: Queue): QueueValues {
  const { attributes } = queue;
  const redrive = redriveOf(queue);
  const allow = JSON.parse(attributes.RedriveAllowPolicy ?? '{}') as {
    redrivePermission?: string;
    sourceQueueArns?: string[];
  };
  return {
    ...NEW_QUEUE,
    fifo: isFifo(queue),
    name: queue.name,
    visibility: attributes.VisibilityTimeout!,
    retention: attributes.MessageRetentionPeriod!,
    delay: attributes.DelaySeconds!,
    maximumSize: attributes.MaximumMessageSize!,
    wait: attributes.ReceiveMessageWaitTimeSeconds!,
    contentBased: attributes.ContentBasedDeduplication === 'true',
    highThroughput: attributes.DeduplicationScope === 'messageGroup',
    encrypted: attributes.SqsManagedSseEnabled !== 'false',
    policy: pretty(attributes.Policy ?? ''),
    allow: (allow.redrivePermission as QueueValues['allow']) ?? 'allowAll',
    allowed: allow.sourceQueueArns ?? [],
    deadLetters: redrive !== undefined,
    target: redrive?.deadLetterTargetArn ?? '',
    maximumReceives: String(redrive?.maxReceiveCount ?? NEW_QUEUE.maximumReceives),
  };
}

export default function EditQueue({ name = '' }: Params) {
  const queue = useResource(`sqs/edit/${name}`, signal => findQueue(name, signal));
  if (!queue.data)
    return <Absent kind="queue" name={name} crumbs={[['Queues', 'sqs/queues']]} resource={queue} />;
  const before = queue.data;
  const save = async (values: QueueValues) => {
    const changes = changesOf(attributesOf(valuesOf(before), false), attributesOf(values, false));
    if (Object.keys(changes).length > 0) await setAttributes(before.url, changes as Record<string, string>);
    flash('good', `Queue ${name} updated.`);
    navigate(link`sqs/queues/${name}`);
  };
  return (
    <QueueForm title={`Edit ${name}`} submit="Save" start={valuesOf(before)} existing={name} save={save} />
  );
}
