/** DynamoDB › Explore items of a table. */
import { useEffect, useState } from 'preact/hooks';

import { describeTable, type Table } from '../../api/dynamodb';
import { listen } from '../../api/events';
import { link, navigate, search as address, setSearch, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Button } from '../../ui/controls';
import { Loading, Notice, Page } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { ofDynamo, tableCrumbs } from './parts';
import { Results } from './results';
import { searchOf, searchText, type Search } from './search';
import { SearchForm } from './search_form';

export default function Items({ table: name = '' }: Params) {
  const table = useResource(`dynamodb/table/${name}`, signal => describeTable(name, signal));
  if (isMissing(table)) return <Absent kind="table" name={name} crumbs={tableCrumbs()} resource={table} />;
  return (
    <Page
      title={`Explore items: ${name}`}
      crumbs={tableCrumbs(name)}
      actions={
        <>
          <Button onClick={() => navigate(link`dynamodb/tables/${name}`)}>View table details</Button>
          <Button kind="primary" onClick={() => navigate(link`dynamodb/tables/${name}/item`)}>
            Create item
          </Button>
        </>
      }
    >
      <Problem error={table.error} retry={table.reload} />
      {table.data ? <Explorer table={table.data} /> : table.loading && <Loading />}
    </Page>
  );
}

function Explorer({ table }: { table: Table }) {
  const [run, setRun] = useState(0);
  const search = searchOf(address.value);
  const start = (wanted: Search) => {
    setSearch({ search: searchText(wanted) });
    setRun(n => n + 1);
  };
  return (
    <>
      <SearchForm table={table} initial={search} onRun={start} />
      <Changed key={run} table={table.TableName} onRun={() => setRun(n => n + 1)} />
      <Results table={table} search={search} run={run} onChanged={() => setRun(n => n + 1)} />
    </>
  );
}

/** What was read stays as it was, so that it can be looked at; that there is something newer is said. */
function Changed({ table, onRun }: { table: string; onRun: () => void }) {
  const [changed, setChanged] = useState(false);
  useEffect(
    () =>
      listen(event => {
        const resource = String(event.data.resource ?? table);
        if (ofDynamo(event) && resource.endsWith(table)) setChanged(true);
      }),
    [table],
  );
  if (!changed) return null;
  return (
    <Notice>
      <span class="row">
        The table has changed since it was read.
        <Button kind="link" onClick={onRun}>
          Read it again
        </Button>
      </span>
    </Notice>
  );
}
