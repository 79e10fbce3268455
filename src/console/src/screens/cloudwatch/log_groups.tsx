/** CloudWatch › Log groups. */
import { useState } from 'preact/hooks';

import { createLogGroup, deleteLogGroup, logGroups } from '../../api/logs';
import { Link, link } from '../../router';
import { Button, Form, TextField } from '../../ui/controls';
import { Confirm, Dialog } from '../../ui/dialog';
import { attempt, flash } from '../../ui/flash';
import { bytes, Time } from '../../ui/format';
import { Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { allPages, useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

export default function LogGroups() {
  const groups = useResource('logs/groups', signal => allPages(token => logGroups('', token, signal)), {
    on: ({ event, data }) => event === 'change' && data.service === 'logs',
  });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [asked, setAsked] = useState<'create' | 'delete'>();
  const names = [...selected];
  const remove = async () => {
    await attempt(
      async () => {
        for (const name of names) await deleteLogGroup(name);
      },
      `Deleted ${names.join(', ')}`,
    );
    setSelected(new Set());
    await groups.reload();
  };
  return (
    <Page title="Log groups" crumbs={[['CloudWatch', 'cloudwatch']]}>
      <Problem error={groups.error} retry={groups.reload} />
      <Panel
        title="Log groups"
        count={groups.data?.length}
        actions={
          <>
            <Button kind="danger" disabled={names.length === 0} onClick={() => setAsked('delete')}>
              Delete log group(s)
            </Button>
            <Button kind="primary" onClick={() => setAsked('create')}>
              Create log group
            </Button>
          </>
        }
      >
        <Table
          label="Log groups"
          filterLabel="Filter log groups"
          rows={groups.data ?? []}
          rowKey={group => group.logGroupName}
          filterText={group => group.logGroupName}
          selection={{ keys: selected, onChange: setSelected, label: group => group.logGroupName }}
          columns={[
            {
              id: 'name',
              title: 'Log group',
              sort: group => group.logGroupName,
              cell: group => (
                <Link to={link`cloudwatch/log-groups/${group.logGroupName}`}>{group.logGroupName}</Link>
              ),
            },
            { id: 'class', title: 'Log class', cell: group => group.logGroupClass },
            {
              id: 'retention',
              title: 'Retention',
              sort: group => group.retentionInDays ?? Infinity,
              cell: group => (group.retentionInDays ? `${group.retentionInDays} days` : 'Never expire'),
            },
            {
              id: 'size',
              title: 'Stored bytes',
              number: true,
              sort: group => group.storedBytes,
              cell: group => bytes(group.storedBytes),
            },
            {
              id: 'created',
              title: 'Created',
              sort: group => group.creationTime,
              cell: group => <Time at={group.creationTime} />,
            },
          ]}
          empty={<Empty title={groups.loading ? 'Loading…' : 'No log groups'} />}
        />
      </Panel>
      {asked === 'create' && (
        <Create
          onClose={() => {
            setAsked(undefined);
            void groups.reload();
          }}
        />
      )}
      {asked === 'delete' && (
        <Confirm
          title="Delete log groups"
          action="Delete"
          typed="delete"
          onConfirm={remove}
          onClose={() => setAsked(undefined)}
        >
          <p>All events of {names.join(', ')} are lost.</p>
        </Confirm>
      )}
    </Page>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [error, setError] = useState<unknown>();
  const create = async () => {
    try {
      await createLogGroup(name);
      flash('good', `Log group ${name} has been created.`);
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title="Create log group" onClose={onClose}>
      <Form label="Create log group" submit="Create" cancel={onClose} onSubmit={create}>
        <TextField label="Log group name" value={name} onInput={setName} required />
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}
