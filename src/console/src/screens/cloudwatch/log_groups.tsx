/** CloudWatch › Log groups. */
import { useState } from 'preact/hooks';

import { reshaped } from '../../api/events';
import { createLogGroup, deleteLogGroup, logGroups, type LogGroup } from '../../api/logs';
import { Link, link } from '../../router';
import { TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { bytes, Time } from '../../ui/format';
import { Page } from '../../ui/layout';
import { ListPanel, pagesListed, RemoveEach } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';

const nameOf = (group: LogGroup) => group.logGroupName;

export default function LogGroups() {
  const groups = usePages('logs/groups', (token, signal) => logGroups('', token, signal), {
    on: reshaped('logs'),
  });
  const [creating, setCreating] = useState(false);
  return (
    <Page title="Log groups" crumbs={[['CloudWatch', 'cloudwatch']]}>
      <ListPanel
        title="Log groups"
        list={pagesListed(groups)}
        nameOf={nameOf}
        filterText={nameOf}
        filterLabel="Filter log groups"
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
        create={{ label: 'Create log group', onClick: () => setCreating(true) }}
        empty="No log groups"
        removeLabel="Delete log group(s)"
        removal={(rows, dialog) => (
          <RemoveEach
            rows={rows}
            nameOf={nameOf}
            title="Delete log groups"
            typed="delete"
            remove={group => deleteLogGroup(group.logGroupName)}
            {...dialog}
          >
            <p>All events of {rows.map(nameOf).join(', ')} are lost.</p>
          </RemoveEach>
        )}
      />
      {creating && <Create onClose={() => setCreating(false)} onCreated={groups.reload} />}
    </Page>
  );
}

function Create({ onClose, onCreated }: { onClose: () => void; onCreated: () => Promise<void> }) {
  const [name, setName] = useState('');
  const create = async () => {
    await createLogGroup(name);
    flash('good', `Log group ${name} has been created.`);
    void onCreated();
  };
  return (
    <FormDialog title="Create log group" submit="Create" onSave={create} onClose={onClose}>
      <TextField label="Log group name" value={name} onInput={setName} required />
    </FormDialog>
  );
}
