/** DynamoDB › PartiQL editor. */
import { useState } from 'preact/hooks';

import { textOf, toPlain, type Item } from '../../api/attribute_values';
import { describeTable, tablesPage } from '../../api/dynamodb';
import { executeStatement } from '../../api/items';
import { search, setSearch } from '../../router';
import { Code } from '../../ui/code';
import { Button } from '../../ui/controls';
import { download } from '../../ui/download';
import { count } from '../../ui/format';
import { Empty, Page, Panel, Tabs } from '../../ui/layout';
import { Menu } from '../../ui/menu';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table, type Column } from '../../ui/table';
import { csv, jsonLines } from './lines';
import { DynamoSections, tableCrumbs } from './parts';
import { splitStatements, templatesOf } from './statements';

interface Run {
  statement: string;
  items: Item[];
  next?: string;
  error?: unknown;
}

export default function PartiQl() {
  const [text, setText] = useState(search.value.get('statement') ?? '');
  const [runs, setRuns] = useState<Run[]>();
  const run = async () => {
    setSearch({ statement: text });
    const done: Run[] = [];
    for (const statement of splitStatements(text)) {
      const outcome = await execute(statement);
      done.push(outcome);
      setRuns([...done]);
      if (outcome.error) return;
    }
  };
  const more = async (at: number) => {
    const before = runs![at]!;
    const page = await execute(before.statement, before.next);
    const merged = { ...page, items: [...before.items, ...page.items] };
    setRuns(runs!.map((one, i) => (i === at ? merged : one)));
  };
  return (
    <Page title="PartiQL editor" crumbs={tableCrumbs()}>
      <DynamoSections />
      <div class="partiql">
        <Tables onTemplate={setText} />
        <Panel
          title="Query"
          description="Several statements are separated by semicolons, and run one after the other."
          actions={
            <>
              <Button onClick={() => setText('')}>Clear</Button>
              <Button kind="primary" disabled={text.trim() === ''} onClick={run}>
                Run
              </Button>
            </>
          }
        >
          <Code label="PartiQL statements" language="text" value={text} onChange={setText} height="200px" />
        </Panel>
      </div>
      {runs?.map((one, i) => (
        <Outcome key={i} run={one} onMore={() => more(i)} />
      ))}
    </Page>
  );
}

async function execute(statement: string, token?: string): Promise<Run> {
  try {
    return { statement, ...(await executeStatement(statement, token)) };
  } catch (error) {
    return { statement, items: [], error };
  }
}

/** The statements that one mostly wants begin from these. */
function Tables({ onTemplate }: { onTemplate: (statement: string) => void }) {
  const tables = usePages('dynamodb/names', tablesPage);
  const write = async (name: string, title: string) => {
    const table = await describeTable(name);
    onTemplate(templatesOf(table).find(template => template.title === title)!.statement);
  };
  return (
    <Panel title="Tables">
      <Problem error={tables.error} retry={tables.reload} />
      <Table
        label="Tables"
        rows={tables.rows}
        rowKey={name => name}
        filterText={name => name}
        filterLabel="Find tables"
        columns={[
          { id: 'name', title: 'Name', cell: name => name },
          {
            id: 'write',
            title: 'Statement',
            cell: name => (
              <span class="statements">
                {['Scan', 'Query', 'Insert', 'Update', 'Delete'].map(title => (
                  <Button
                    key={title}
                    kind="link"
                    label={`${title} ${name}`}
                    onClick={() => write(name, title)}
                  >
                    {title}
                  </Button>
                ))}
              </span>
            ),
          },
        ]}
        more={tables.more}
        empty={<Empty title={tables.loading ? 'Loading…' : 'No tables'} />}
      />
    </Panel>
  );
}

function Outcome({ run, onMore }: { run: Run; onMore: () => Promise<void> }) {
  const names = [...new Set(run.items.flatMap(item => Object.keys(item)))];
  return (
    <Panel
      title={run.error ? 'Failed' : 'Completed'}
      count={run.error ? undefined : `${count(run.items.length)}${run.next ? '+' : ''} items`}
      description={<span class="mono">{run.statement}</span>}
      actions={
        run.items.length > 0 && (
          <Menu
            label="Download"
            items={[
              { label: 'CSV', onChoose: () => download('results.csv', 'text/csv', csv(run.items, names)) },
              {
                label: 'JSON lines',
                onChoose: () => download('results.jsonl', 'application/x-ndjson', jsonLines(run.items)),
              },
            ]}
          />
        )
      }
    >
      <Problem error={run.error} />
      {!run.error && run.items.length === 0 && <p class="hint">The statement returned no items.</p>}
      {run.items.length > 0 && (
        <Tabs
          name="view"
          label="Items returned"
          tabs={[
            {
              id: 'table',
              label: 'Table view',
              content: () => <ResultTable items={run.items} names={names} />,
            },
            {
              id: 'json',
              label: 'JSON view',
              content: () => (
                <Code
                  label="Items in JSON"
                  language="json"
                  value={`[\n${run.items.map(toPlain).join(',\n')}\n]`}
                />
              ),
            },
          ]}
        />
      )}
      {run.next && (
        <div>
          <Button onClick={onMore}>Retrieve next page</Button>
        </div>
      )}
    </Panel>
  );
}

function ResultTable({ items, names }: { items: Item[]; names: string[] }) {
  const rows = items.map((item, i) => ({ item, id: String(i) }));
  const columns = names.map((name): Column<(typeof rows)[number]> => ({
    id: name,
    title: name,
    sort: row => textOf(row.item[name]),
    cell: row => textOf(row.item[name]),
  }));
  return (
    <Table
      label="Items returned"
      rows={rows}
      rowKey={row => row.id}
      columns={columns}
      empty={<Empty title="No items" />}
    />
  );
}
