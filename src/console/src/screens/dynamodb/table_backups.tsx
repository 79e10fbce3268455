/** A table's backups: point-in-time recovery, and those made on demand. */
import { useState } from 'preact/hooks';

import {
  backupsPage,
  createBackup,
  deleteBackup,
  describeRecovery,
  restoreBackup,
  restoreToTime,
  updateRecovery,
  type Backup,
  type Table as Described,
} from '../../api/dynamodb';
import { link, navigate } from '../../router';
import { Button, Form, TextField } from '../../ui/controls';
import { Confirm, Dialog } from '../../ui/dialog';
import { attempt, flash } from '../../ui/flash';
import { bytes, Time } from '../../ui/format';
import { Empty, Facts, Panel } from '../../ui/layout';
import { pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { ofDynamo, Status } from './parts';
import type { TabProps } from './table';

export function Backups({ table }: TabProps) {
  return (
    <>
      <PointInTime table={table} />
      <OnDemand table={table} />
    </>
  );
}

function PointInTime({ table }: { table: Described }) {
  const name = table.TableName;
  const recovery = useResource(`dynamodb/recovery/${name}`, signal => describeRecovery(name, signal), {
    on: ofDynamo,
  });
  const [asked, setAsked] = useState<'edit' | 'restore'>();
  const data = recovery.data;
  const on = data?.PointInTimeRecoveryStatus === 'ENABLED';
  return (
    <Panel
      title="Point-in-time recovery (PITR)"
      actions={
        <>
          {on && <Button onClick={() => setAsked('restore')}>Restore to point in time</Button>}
          <Button disabled={!data} onClick={() => setAsked('edit')}>
            {on ? 'Turn off' : 'Turn on'}
          </Button>
        </>
      }
    >
      <Problem error={recovery.error} retry={recovery.reload} />
      {data && (
        <Facts
          facts={[
            ['Status', <Status key="status" of={data.PointInTimeRecoveryStatus} />],
            ['Backup recovery period', data.RecoveryPeriodInDays ? `${data.RecoveryPeriodInDays} days` : '–'],
            ['Earliest recovery point', <Time key="earliest" at={data.EarliestRestorableDateTime} />],
            ['Latest recovery point', <Time key="latest" at={data.LatestRestorableDateTime} />],
          ]}
        />
      )}
      {asked === 'edit' && on && (
        <Confirm
          title="Turn off point-in-time recovery"
          action="Turn off"
          onConfirm={async () => {
            await attempt(() => updateRecovery(name, false), 'Point-in-time recovery was turned off.');
            await recovery.reload();
          }}
          onClose={() => setAsked(undefined)}
        >
          <p>The table can be restored to no earlier moment then.</p>
        </Confirm>
      )}
      {asked === 'edit' && !on && (
        <TurnOnRecovery name={name} onDone={recovery.reload} onClose={() => setAsked(undefined)} />
      )}
      {asked === 'restore' && (
        <Restore
          title="Restore to point in time"
          withTime
          onRestore={(target, seconds) => restoreToTime(name, target, seconds)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </Panel>
  );
}

interface TurnOnProps {
  name: string;
  onDone: () => Promise<void>;
  onClose: () => void;
}

function TurnOnRecovery({ name, onDone, onClose }: TurnOnProps) {
  const [days, setDays] = useState('35');
  const [error, setError] = useState<unknown>();
  const turnOn = async () => {
    try {
      await updateRecovery(name, true, Number(days));
      flash('good', 'Point-in-time recovery was turned on.');
      onClose();
      await onDone();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title="Turn on point-in-time recovery" onClose={onClose}>
      <Form label="Point-in-time recovery" submit="Turn on recovery" cancel={onClose} onSubmit={turnOn}>
        <TextField
          label="Backup recovery period"
          hint="1 to 35 days"
          type="number"
          min={1}
          max={35}
          value={days}
          onInput={setDays}
          required
        />
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}

function OnDemand({ table }: { table: Described }) {
  const name = table.TableName;
  const backups = usePages(`dynamodb/backups/${name}`, (token, signal) => backupsPage(name, token, signal), {
    on: ofDynamo,
  });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [asked, setAsked] = useState<'create' | 'restore' | 'delete'>();
  const [backupName, setBackupName] = useState('');
  const chosen = backups.rows.find(backup => selected.has(backup.BackupArn));
  const close = () => setAsked(undefined);
  const create = async () => {
    if (await attempt(() => createBackup(name, backupName), `The backup ${backupName} is being created.`))
      close();
    await backups.reload();
  };
  const remove = async (backup: Backup) => {
    await attempt(() => deleteBackup(backup.BackupArn), `The backup ${backup.BackupName} was deleted.`);
    setSelected(new Set());
    await backups.reload();
  };
  return (
    <Panel
      title="Backups"
      count={pagesListed(backups).count}
      actions={
        <>
          <Button kind="danger" disabled={selected.size !== 1} onClick={() => setAsked('delete')}>
            Delete
          </Button>
          <Button disabled={selected.size !== 1} onClick={() => setAsked('restore')}>
            Restore
          </Button>
          <Button onClick={() => setAsked('create')}>Create on-demand backup</Button>
        </>
      }
    >
      <Problem error={backups.error} retry={backups.reload} />
      <Table
        label="Backups"
        rows={backups.rows}
        more={backups.more}
        rowKey={backup => backup.BackupArn}
        selection={{ keys: selected, onChange: setSelected, label: backup => backup.BackupName }}
        columns={[
          { id: 'name', title: 'Name', sort: one => one.BackupName, cell: one => one.BackupName },
          { id: 'status', title: 'Status', cell: one => <Status of={one.BackupStatus} /> },
          {
            id: 'created',
            title: 'Creation time',
            sort: one => one.BackupCreationDateTime,
            cell: one => <Time at={one.BackupCreationDateTime} />,
          },
          { id: 'size', title: 'Size', number: true, cell: one => bytes(one.BackupSizeBytes) },
        ]}
        empty={<Empty title="No backups of this table" />}
      />
      {asked === 'create' && (
        <Dialog title="Create on-demand backup" onClose={close}>
          <Form label="Create backup" submit="Create backup" cancel={close} onSubmit={create}>
            <TextField label="Backup name" value={backupName} onInput={setBackupName} required />
          </Form>
        </Dialog>
      )}
      {asked === 'restore' && chosen && (
        <Restore
          title={`Restore ${chosen.BackupName}`}
          onRestore={target => restoreBackup(chosen.BackupArn, target)}
          onClose={close}
        />
      )}
      {asked === 'delete' && chosen && (
        <Confirm
          title={`Delete backup ${chosen.BackupName}`}
          action="Delete"
          typed="delete"
          onConfirm={() => remove(chosen)}
          onClose={close}
        >
          <p>No table can be restored from it any more.</p>
        </Confirm>
      )}
    </Panel>
  );
}

interface RestoreProps {
  title: string;
  /** Ask for the moment, too. */
  withTime?: boolean;
  onRestore: (target: string, seconds?: number) => Promise<void>;
  onClose: () => void;
}

function Restore({ title, withTime, onRestore, onClose }: RestoreProps) {
  const [target, setTarget] = useState('');
  const [time, setTime] = useState('');
  const [error, setError] = useState<unknown>();
  const restore = async () => {
    try {
      await onRestore(target, time ? Date.parse(`${time}Z`) / 1000 : undefined);
      flash('good', `The table ${target} is being restored.`);
      navigate(link`dynamodb/tables/${target}`);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} submit="Restore" cancel={onClose} onSubmit={restore}>
        <TextField label="Name of restored table" value={target} onInput={setTarget} required />
        {withTime && (
          <TextField
            label="Date and time (UTC)"
            optional
            hint="The latest moment, if this is left empty"
            type="datetime-local"
            value={time}
            onInput={setTime}
          />
        )}
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}
