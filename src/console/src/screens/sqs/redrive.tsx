/** Dead-letter queues: where a queue's dead letters go, whose dead letters it has, and moving them back. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import {
  cancelMove,
  deadLetterSources,
  listMoves,
  queueName,
  redriveOf,
  startMove,
  type MoveTask,
  type Queue,
} from '../../api/sqs';
import { Link, link } from '../../router';
import { arn } from '../../session';
import { Button, RadioGroup, TextField } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { attempt, flash } from '../../ui/flash';
import { count, Time } from '../../ui/format';
import { Badge, Empty, Facts, Loading, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

function useSources(queue: Queue) {
  return useResource(`sqs/sources/${queue.url}`, signal => deadLetterSources(queue.url, signal), {
    on: changed('sqs'),
  });
}

/** At the head of a dead-letter queue's page, where AWS has it. */
export function DlqRedrive({ queue }: { queue: Queue }) {
  const sources = useSources(queue);
  const [redriving, setRedriving] = useState(false);
  if (!sources.data?.length) return null;
  return (
    <>
      <Button onClick={() => setRedriving(true)}>Start DLQ redrive</Button>
      {redriving && <StartRedrive queue={queue} onClose={() => setRedriving(false)} />}
    </>
  );
}

export function DeadLetterTab({ queue }: { queue: Queue }) {
  const redrive = redriveOf(queue);
  const sources = useSources(queue);
  return (
    <>
      <Panel
        title="Dead-letter queue"
        description="Where messages of this queue go that could not be processed"
      >
        {redrive ? (
          <Facts
            facts={[
              [
                'Queue',
                <Link to={link`sqs/queues/${queueName(redrive.deadLetterTargetArn)}`}>
                  {queueName(redrive.deadLetterTargetArn)}
                </Link>,
              ],
              ['Maximum receives', redrive.maxReceiveCount],
            ]}
          />
        ) : (
          <Empty title="No dead-letter queue">
            <Link to={link`sqs/queues/${queue.name}/edit`}>Choose one</Link>
          </Empty>
        )}
      </Panel>
      <Panel
        title="Source queues"
        count={sources.data?.length}
        description="Queues whose dead letters come here"
      >
        <Problem error={sources.error} />
        {sources.data?.length === 0 && <Empty title="This is no dead-letter queue" />}
        <ul>
          {sources.data?.map(url => (
            <li key={url}>
              <Link to={link`sqs/queues/${queueName(url)}`}>{queueName(url)}</Link>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

function StartRedrive({ queue, onClose }: { queue: Queue; onClose: () => void }) {
  const [custom, setCustom] = useState(false);
  const [destination, setDestination] = useState('');
  const [rate, setRate] = useState('');
  const start = async () => {
    const target = destination && !destination.startsWith('arn:') ? arn('sqs', destination) : destination;
    await startMove(queue.attributes.QueueArn!, custom ? target : undefined, rate ? Number(rate) : undefined);
    flash('good', `The redrive of ${queue.name} has begun`);
  };
  return (
    <FormDialog title="Dead-letter queue redrive" submit="DLQ redrive" onSave={start} onClose={onClose}>
      <RadioGroup
        legend="Message destination"
        value={custom ? 'custom' : 'source'}
        options={[
          { value: 'source', label: 'Redrive to source queue(s)' },
          { value: 'custom', label: 'Redrive to a custom destination' },
        ]}
        onChange={value => setCustom(value === 'custom')}
      />
      {custom && (
        <TextField
          label="Destination queue"
          hint="Its name or ARN"
          value={destination}
          onInput={setDestination}
          required
        />
      )}
      <TextField
        label="Maximum messages per second"
        optional
        hint="1 to 500; without it, as fast as the system allows"
        type="number"
        min={1}
        max={500}
        value={rate}
        onInput={setRate}
      />
    </FormDialog>
  );
}

export function RedriveTasksTab({ queue }: { queue: Queue }) {
  const tasks = useResource(
    `sqs/moves/${queue.url}`,
    signal => listMoves(queue.attributes.QueueArn!, signal),
    {
      on: changed('sqs'),
    },
  );
  if (!tasks.data) return tasks.error ? <Problem error={tasks.error} /> : <Loading />;
  const cancel = async (handle: string) => {
    await attempt(() => cancelMove(handle), 'The redrive is cancelled');
    await tasks.reload();
  };
  return (
    <Panel title="Redrive tasks" count={tasks.data.length}>
      <Table<MoveTask>
        label="Redrive tasks"
        rows={tasks.data}
        rowKey={task => `${task.StartedTimestamp}`}
        columns={[
          { id: 'status', title: 'Status', cell: task => <TaskStatus task={task} /> },
          {
            id: 'moved',
            title: 'Messages moved',
            number: true,
            cell: task => count(task.ApproximateNumberOfMessagesMoved),
          },
          {
            id: 'all',
            title: 'Of',
            number: true,
            cell: task => count(task.ApproximateNumberOfMessagesToMove),
          },
          {
            id: 'to',
            title: 'To',
            cell: task => (task.DestinationArn ? queueName(task.DestinationArn) : 'source queues'),
          },
          { id: 'start', title: 'Started', cell: task => <Time at={task.StartedTimestamp} /> },
          {
            id: 'cancel',
            title: '',
            cell: task =>
              task.TaskHandle && <Button onClick={() => cancel(task.TaskHandle!)}>Cancel DLQ redrive</Button>,
          },
        ]}
        empty={<Empty title="No redrive tasks" />}
      />
    </Panel>
  );
}

function TaskStatus({ task }: { task: MoveTask }) {
  const tone = { COMPLETED: 'good', FAILED: 'bad', RUNNING: 'note' }[task.Status] as
    'good' | 'bad' | 'note' | undefined;
  return (
    <>
      <Badge tone={tone}>{task.Status}</Badge> {task.FailureReason}
    </>
  );
}
