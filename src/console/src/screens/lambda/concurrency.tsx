/** Reserved and provisioned concurrency of a function. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { qualifiersPage } from '../../api/lambda';
import {
  accountLimits,
  listProvisioned,
  provisionConcurrency,
  reserveConcurrency,
  type Provisioned,
} from '../../api/lambda_settings';
import { LongSelect, useChoices } from '../../ui/choices';
import { Button, RadioGroup, TextField } from '../../ui/controls';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { count, nameOf } from '../../ui/format';
import { Badge, Empty, Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { actionColumn, Table } from '../../ui/table';
import { updated, type TabProps } from './common';

export function Concurrency({ details, reload }: TabProps) {
  const { FunctionName: name } = details.Configuration;
  const reserved = details.Concurrency?.ReservedConcurrentExecutions;
  const limits = useResource('lambda/limits', accountLimits, { on: changed('lambda') });
  const [editing, setEditing] = useState(false);
  return (
    <>
      <Panel
        title="Concurrency"
        actions={
          <Button label="Edit concurrency" onClick={() => setEditing(true)}>
            Edit
          </Button>
        }
      >
        <Problem error={limits.error} />
        <Facts
          facts={[
            [
              'Function concurrency',
              reserved === undefined ? 'Use unreserved account concurrency' : 'Reserve concurrency',
            ],
            ['Reserved concurrency', reserved === undefined ? undefined : count(reserved)],
            ['Unreserved account concurrency', count(limits.data?.UnreservedConcurrentExecutions)],
          ]}
        />
        {reserved === 0 && (
          <p>
            <Badge tone="warn">Throttled</Badge> With a reserved concurrency of 0, nothing invokes the
            function.
          </p>
        )}
      </Panel>
      <ProvisionedPanel name={name} />
      {editing && (
        <EditReserved name={name} reserved={reserved} reload={reload} onClose={() => setEditing(false)} />
      )}
    </>
  );
}

interface ReservedProps {
  name: string;
  reserved: number | undefined;
  reload: () => Promise<void>;
  onClose: () => void;
}

function EditReserved({ name, reserved, reload, onClose }: ReservedProps) {
  const [choice, setChoice] = useState(reserved === undefined ? 'unreserved' : 'reserved');
  const [executions, setExecutions] = useState(String(reserved ?? 1));
  const save = async () => {
    await reserveConcurrency(name, choice === 'reserved' ? Number(executions) : undefined);
    updated(name);
    await reload();
  };
  return (
    <FormDialog title="Edit concurrency" onSave={save} onClose={onClose}>
      <RadioGroup
        legend="Concurrency"
        value={choice}
        options={[
          { value: 'unreserved', label: 'Use unreserved account concurrency' },
          { value: 'reserved', label: 'Reserve concurrency', hint: '0 throttles the function.' },
        ]}
        onChange={setChoice}
      />
      {choice === 'reserved' && (
        <TextField
          label="Reserved concurrency"
          type="number"
          min={0}
          value={executions}
          onInput={setExecutions}
          required
        />
      )}
    </FormDialog>
  );
}

function ProvisionedPanel({ name }: { name: string }) {
  const configs = useResource(`lambda/provisioned/${name}`, signal => listProvisioned(name, signal), {
    on: changed('lambda'),
  });
  const [adding, setAdding] = useState(false);
  const remove = async (row: Provisioned) => {
    await attempt(() => provisionConcurrency(name, nameOf(row.FunctionArn), undefined));
    await configs.reload();
  };
  return (
    <Panel
      title="Provisioned concurrency configurations"
      count={configs.data?.length}
      actions={
        <Button label="Add configuration of provisioned concurrency" onClick={() => setAdding(true)}>
          Add configuration
        </Button>
      }
    >
      <Problem error={configs.error} retry={configs.reload} />
      <Table
        label="Provisioned concurrency configurations"
        rows={configs.data ?? []}
        rowKey={row => row.FunctionArn}
        columns={[
          { id: 'qualifier', title: 'Qualifier', cell: row => nameOf(row.FunctionArn) },
          {
            id: 'requested',
            title: 'Provisioned concurrency',
            number: true,
            cell: row => row.RequestedProvisionedConcurrentExecutions,
          },
          {
            id: 'available',
            title: 'Available',
            number: true,
            cell: row => row.AvailableProvisionedConcurrentExecutions,
          },
          {
            id: 'status',
            title: 'Status',
            cell: row => (
              <span title={row.StatusReason}>
                <Badge tone={{ READY: 'good', FAILED: 'bad' }[row.Status] as 'good' | 'bad' | undefined}>
                  {row.Status}
                </Badge>
              </span>
            ),
          },
          actionColumn<Provisioned>(
            'Remove',
            row => `Remove provisioned concurrency of ${nameOf(row.FunctionArn)}`,
            row => remove(row),
          ),
        ]}
        empty={<Empty title="No configurations" />}
      />
      {adding && <AddProvisioned name={name} onDone={configs.reload} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

interface AddProps {
  name: string;
  onDone: () => Promise<void>;
  onClose: () => void;
}

function AddProvisioned({ name, onDone, onClose }: AddProps) {
  const qualifiers = useChoices(
    `lambda/qualifiers/${name}`,
    (token, signal) => qualifiersPage(name, token, signal),
    value => (value === '$LATEST' ? undefined : { value }),
  );
  const [qualifier, setQualifier] = useState('');
  const [executions, setExecutions] = useState('1');
  const save = async () => {
    await provisionConcurrency(name, qualifier, Number(executions));
    updated(name);
    await onDone();
  };
  return (
    <FormDialog title="Add provisioned concurrency" disabled={!qualifier} onSave={save} onClose={onClose}>
      <LongSelect
        label="Alias or version"
        hint="$LATEST cannot have provisioned concurrency: publish a version first."
        value={qualifier}
        choices={qualifiers}
        onChange={setQualifier}
      />
      <TextField
        label="Provisioned concurrency"
        type="number"
        min={1}
        value={executions}
        onInput={setExecutions}
        required
      />
    </FormDialog>
  );
}
