/** Lambda › Functions. */
import { reshaped } from '../../api/events';
import { deleteFunction, functionsPage } from '../../api/lambda';
import { Link, link, navigate } from '../../router';
import { bytes, Time } from '../../ui/format';
import { Page, Sections } from '../../ui/layout';
import { ListPanel, pagesListed, RemoveEach } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { LAMBDA } from './common';
import { runtimeName } from './runtimes';

const nameOfRow = (row: { FunctionName: string }) => row.FunctionName;

export default function Functions() {
  const functions = usePages('lambda/functions', functionsPage, { on: reshaped('lambda') });
  return (
    <Page title="Functions" crumbs={[['Lambda', 'lambda/functions']]}>
      <Sections {...LAMBDA} />
      <ListPanel
        title="Functions"
        list={pagesListed(functions)}
        nameOf={nameOfRow}
        filterText={row => `${row.FunctionName} ${row.Runtime} ${row.Description}`}
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
        create={{ label: 'Create function', onClick: () => navigate('lambda/create-function') }}
        empty="There is no data to display."
        createHere
        removal={(rows, dialog) => {
          const names = rows.map(nameOfRow);
          return (
            <RemoveEach
              rows={rows}
              nameOf={nameOfRow}
              title={names.length === 1 ? `Delete function ${names[0]}` : `Delete ${names.length} functions`}
              typed="confirm"
              remove={row => deleteFunction(row.FunctionName)}
              {...dialog}
            >
              <p>{names.join(', ')}: the code, versions and aliases are lost. The logs and roles stay.</p>
            </RemoveEach>
          );
        }}
      />
    </Page>
  );
}
