/** DynamoDB › Explore items: of which table? */
import { tablesPage } from '../../api/dynamodb';
import { Link, link } from '../../router';
import { Empty, Page, Panel } from '../../ui/layout';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table } from '../../ui/table';
import { DynamoSections, ofDynamo, tableCrumbs } from './parts';

export default function ChooseTable() {
  const tables = usePages('dynamodb/names', tablesPage, { on: ofDynamo });
  return (
    <Page title="Explore items" crumbs={tableCrumbs()}>
      <DynamoSections />
      <Problem error={tables.error} retry={tables.reload} />
      <Panel title="Tables">
        <Table
          label="Tables"
          rows={tables.rows}
          rowKey={name => name}
          filterText={name => name}
          filterLabel="Find tables"
          columns={[
            {
              id: 'name',
              title: 'Name',
              cell: name => <Link to={link`dynamodb/tables/${name}/items`}>{name}</Link>,
            },
          ]}
          more={tables.more}
          empty={<Empty title={tables.loading ? 'Loading…' : 'No tables'} />}
        />
      </Panel>
    </Page>
  );
}
