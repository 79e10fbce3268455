/** Asynchronous invocation of a function, and its destinations. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { eventConfig, updateEventConfig, type EventConfig } from '../../api/lambda_settings';
import { updateConfiguration } from '../../api/lambda';
import { Button, RadioGroup, TextField } from '../../ui/controls';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { duration } from '../../ui/format';
import { Empty, Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { actionColumn, Table } from '../../ui/table';
import { updated, type TabProps } from './common';
import { kindOf, ResourceLink } from './diagram';

function useEventConfig(name: string) {
  return useResource(`lambda/events/${name}`, signal => eventConfig(name, signal), {
    on: changed('lambda'),
  });
}

const HOURS_6 = 21_600;

export function Asynchronous({ details, reload }: TabProps) {
  const { FunctionName: name, DeadLetterConfig } = details.Configuration;
  const config = useEventConfig(name);
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="Asynchronous configuration"
      actions={
        <Button
          label="Edit asynchronous configuration"
          disabled={config.loading && !config.data}
          onClick={() => setEditing(true)}
        >
          Edit
        </Button>
      }
    >
      <Problem error={config.error} retry={config.reload} />
      <Facts
        facts={[
          ['Maximum age of event', duration((config.data?.MaximumEventAgeInSeconds ?? HOURS_6) * 1000)],
          ['Retry attempts', String(config.data?.MaximumRetryAttempts ?? 2)],
          ['Dead-letter queue service', DeadLetterConfig?.TargetArn ?? 'None'],
        ]}
      />
      {editing && (
        <EditAsynchronous
          details={details}
          config={config.data}
          reload={async () => {
            await Promise.all([config.reload(), reload()]);
          }}
          onClose={() => setEditing(false)}
        />
      )}
    </Panel>
  );
}

interface EditProps extends TabProps {
  config: EventConfig | undefined;
  onClose: () => void;
}

function EditAsynchronous({ details, config, reload, onClose }: EditProps) {
  const { FunctionName: name, DeadLetterConfig } = details.Configuration;
  const [age, setAge] = useState(String(config?.MaximumEventAgeInSeconds ?? HOURS_6));
  const [retries, setRetries] = useState(String(config?.MaximumRetryAttempts ?? 2));
  const [target, setTarget] = useState(DeadLetterConfig?.TargetArn ?? '');
  const save = async () => {
    if (target !== (DeadLetterConfig?.TargetArn ?? ''))
      await updateConfiguration(name, { DeadLetterConfig: { TargetArn: target } });
    await updateEventConfig(
      name,
      { MaximumEventAgeInSeconds: Number(age), MaximumRetryAttempts: Number(retries) },
      config !== undefined,
    );
    updated(name);
    await reload();
  };
  return (
    <FormDialog title="Edit asynchronous configuration" onSave={save} onClose={onClose}>
      <TextField
        label="Maximum age of event (seconds)"
        hint="60 to 21600"
        type="number"
        value={age}
        onInput={setAge}
        required
      />
      <TextField
        label="Retry attempts"
        hint="0 to 2"
        type="number"
        value={retries}
        onInput={setRetries}
        required
      />
      <TextField
        label="Dead-letter queue"
        hint="The ARN of a queue or topic; empty: none"
        optional
        value={target}
        onInput={setTarget}
        mono
      />
    </FormDialog>
  );
}

type Condition = 'OnSuccess' | 'OnFailure';
const CONDITIONS: [Condition, string][] = [
  ['OnFailure', 'On failure'],
  ['OnSuccess', 'On success'],
];

export function Destinations({ details }: TabProps) {
  const { FunctionName: name } = details.Configuration;
  const config = useEventConfig(name);
  const [adding, setAdding] = useState(false);
  const now = config.data?.DestinationConfig ?? {};
  const rows = CONDITIONS.flatMap(([id, label]) => {
    const arn = now[id]?.Destination;
    return arn ? [{ id, label, arn }] : [];
  });
  const put = async (condition: Condition, arn: string | undefined) => {
    const next = { ...now, [condition]: arn ? { Destination: arn } : {} };
    await updateEventConfig(name, { DestinationConfig: next }, config.data !== undefined);
    updated(name);
    await config.reload();
  };
  return (
    <Panel
      title="Destinations"
      count={rows.length}
      actions={<Button onClick={() => setAdding(true)}>Add destination</Button>}
    >
      <Problem error={config.error} retry={config.reload} />
      <Table
        label="Destinations"
        rows={rows}
        rowKey={row => row.id}
        columns={[
          { id: 'source', title: 'Source', cell: () => 'Asynchronous invocation' },
          { id: 'condition', title: 'Condition', cell: row => row.label },
          {
            id: 'destination',
            title: 'Destination',
            cell: row => (
              <>
                {kindOf(row.arn)}: <ResourceLink arn={row.arn} />
              </>
            ),
          },
          actionColumn<(typeof rows)[number]>(
            'Remove',
            row => `Remove destination ${row.label.toLowerCase()}`,
            row => attempt(() => put(row.id, undefined)),
          ),
        ]}
        empty={<Empty title="No destinations" />}
      />
      {adding && <AddDestination onAdd={put} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

interface AddProps {
  onAdd: (condition: Condition, arn: string) => Promise<void>;
  onClose: () => void;
}

function AddDestination({ onAdd, onClose }: AddProps) {
  const [condition, setCondition] = useState<Condition>('OnFailure');
  const [arn, setArn] = useState('');
  return (
    <FormDialog title="Add destination" onSave={() => onAdd(condition, arn)} onClose={onClose}>
      <RadioGroup
        legend="Condition"
        value={condition}
        options={CONDITIONS.map(([value, label]) => ({ value, label }))}
        onChange={value => setCondition(value as Condition)}
      />
      <TextField
        label="Destination"
        hint="The ARN of a queue, topic or function. The function's role must be allowed to send to it."
        value={arn}
        onInput={setArn}
        required
        mono
      />
    </FormDialog>
  );
}
