/** CloudWatch › Dashboards. */
import { useState } from 'preact/hooks';

import { deleteDashboards, listDashboards, type DashboardEntry } from '../../../api/dashboards';
import { reshaped } from '../../../api/events';
import { Link, link } from '../../../router';
import { Confirm } from '../../../ui/dialog';
import { attempt } from '../../../ui/flash';
import { bytes, dateOf, Time } from '../../../ui/format';
import { Page } from '../../../ui/layout';
import { ListPanel, pagesListed } from '../../../ui/list_panel';
import { usePages } from '../../../ui/pages';
import { NameDashboard } from './dashboard_dialogs';

const nameOf = (entry: DashboardEntry) => entry.DashboardName;

export default function Dashboards() {
  const dashboards = usePages('cloudwatch/dashboards', listDashboards, { on: reshaped('cloudwatch') });
  const [creating, setCreating] = useState(false);
  return (
    <Page title="Dashboards" crumbs={[['CloudWatch', 'cloudwatch']]}>
      <ListPanel
        title="Custom dashboards"
        list={pagesListed(dashboards)}
        nameOf={nameOf}
        filterText={nameOf}
        filterLabel="Filter dashboards"
        initialSort={{ id: 'name' }}
        columns={[
          {
            id: 'name',
            title: 'Name',
            sort: nameOf,
            cell: row => <Link to={link`cloudwatch/dashboards/${nameOf(row)}`}>{nameOf(row)}</Link>,
          },
          { id: 'size', title: 'Size', number: true, sort: row => row.Size, cell: row => bytes(row.Size) },
          {
            id: 'updated',
            title: 'Last update (UTC)',
            sort: row => dateOf(row.LastModified).getTime(),
            cell: row => <Time at={row.LastModified} />,
          },
        ]}
        create={{ label: 'Create dashboard', onClick: () => setCreating(true) }}
        empty="No dashboards"
        removal={(rows, dialog) => (
          <Confirm
            title={rows.length === 1 ? `Delete dashboard ${nameOf(rows[0]!)}` : 'Delete dashboards'}
            action="Delete"
            typed="delete"
            onConfirm={async () => {
              const names = rows.map(nameOf);
              await attempt(() => deleteDashboards(names), `Deleted ${names.join(', ')}`);
              await dialog.onRemoved();
            }}
            onClose={dialog.onClose}
          >
            <p>{rows.map(nameOf).join(', ')}: the metrics, alarms and logs stay.</p>
          </Confirm>
        )}
      />
      {creating && (
        <NameDashboard
          title="Create new dashboard"
          submit="Create dashboard"
          hint="Letters, digits, - and _"
          body={{ widgets: [] }}
          done="created"
          onClose={() => setCreating(false)}
        />
      )}
    </Page>
  );
}
