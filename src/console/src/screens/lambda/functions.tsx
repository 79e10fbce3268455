/** Lambda › Functions. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteFunction, listFunctions } from '../../api/lambda';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { bytes, Time } from '../../ui/format';
import { Empty, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { runtimeName } from './runtimes';

export default function Functions() {
  const functions = useResource('lambda/functions', listFunctions, { on: changed('lambda') });
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [deleting, setDeleting] = useState(false);
  const names = [...selected];
  const remove = async () => {
    await attempt(
      async () => {
        for (const name of names) await deleteFunction(name);
      },
      `Deleted ${names.join(', ')}`,
    );
    setSelected(new Set());
    await functions.reload();
  };
  return (
    <Page title="Functions" crumbs={[['Lambda', 'lambda/functions']]}>
      <Problem error={functions.error} retry={functions.reload} />
      <Panel
        title="Functions"
        count={functions.data?.length}
        actions={
          <>
            <Button kind="danger" disabled={names.length === 0} onClick={() => setDeleting(true)}>
              Delete
            </Button>
            <Button kind="primary" onClick={() => navigate('lambda/create-function')}>
              Create function
            </Button>
          </>
        }
      >
        <Table
          label="Functions"
          rows={functions.data ?? []}
          rowKey={row => row.FunctionName}
          filterText={row => `${row.FunctionName} ${row.Runtime} ${row.Description}`}
          selection={{ keys: selected, onChange: setSelected, label: row => row.FunctionName }}
          initialSort={{ id: 'name' }}
          columns={[
            {
              id: 'name',
              title: 'Function name',
              sort: row => row.FunctionName,
              cell: row => <Link to={link`lambda/functions/${row.FunctionName}`}>{row.FunctionName}</Link>,
            },
            { id: 'description', title: 'Description', cell: row => row.Description || '–' },
            {
              id: 'runtime',
              title: 'Runtime',
              sort: row => runtimeName(row.Runtime),
              cell: row => runtimeName(row.Runtime),
            },
            {
              id: 'size',
              title: 'Code size',
              sort: row => row.CodeSize,
              number: true,
              cell: row => bytes(row.CodeSize),
            },
            {
              id: 'modified',
              title: 'Last modified',
              sort: row => row.LastModified,
              cell: row => <Time at={row.LastModified} />,
            },
          ]}
          empty={
            <Empty title={functions.loading ? 'Loading…' : 'There is no data to display.'}>
              <Button onClick={() => navigate('lambda/create-function')}>Create function</Button>
            </Empty>
          }
        />
      </Panel>
      {deleting && (
        <Confirm
          title={names.length === 1 ? `Delete function ${names[0]}` : `Delete ${names.length} functions`}
          action="Delete"
          typed="confirm"
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>{names.join(', ')}: the code, versions and aliases are lost. The logs and roles stay.</p>
        </Confirm>
      )}
    </Page>
  );
}
