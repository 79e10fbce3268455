/** DynamoDB › Tables › a table. */
import { useState } from 'preact/hooks';

import { describeTable, type Table } from '../../api/dynamodb';
import { link, navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Button } from '../../ui/controls';
import { bytes, count, Time } from '../../ui/format';
import { Copy, Facts, Loading, Page, Panel, Tabs } from '../../ui/layout';
import { Menu } from '../../ui/menu';
import { Monitor, type Graph } from '../../ui/monitor';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Backups } from './table_backups';
import { Indexes } from './table_indexes';
import { Permissions } from './table_permissions';
import { AdditionalSettings } from './table_settings';
import { Streams } from './table_streams';
import { capacityMode, keyText, ofDynamo, Status, tableCrumbs } from './parts';
import { DeleteTables } from './tables';

export interface TabProps {
  table: Table;
  reload: () => Promise<void>;
}

export default function TablePage({ table: name = '' }: Params) {
  const described = useResource(`dynamodb/table/${name}`, signal => describeTable(name, signal), {
    on: ofDynamo,
  });
  const [deleting, setDeleting] = useState(false);
  const table = described.data;
  const props = table && { table, reload: described.reload };
  if (isMissing(described))
    return <Absent kind="table" name={name} crumbs={tableCrumbs()} resource={described} />;
  return (
    <Page
      title={name}
      crumbs={tableCrumbs()}
      actions={
        <>
          <Menu
            label="Actions"
            items={[
              { label: 'Create item', onChoose: () => navigate(link`dynamodb/tables/${name}/item`) },
              {
                label: 'PartiQL editor',
                onChoose: () => navigate(`dynamodb/partiql?statement=${encodeURIComponent(selectAll(name))}`),
              },
              { label: 'Delete table', onChoose: () => setDeleting(true) },
            ]}
          />
          <Button kind="primary" onClick={() => navigate(link`dynamodb/tables/${name}/items`)}>
            Explore table items
          </Button>
        </>
      }
    >
      <Problem error={described.error} retry={described.reload} />
      {props ? (
        <Tabs
          label={`Table ${name}`}
          tabs={[
            { id: 'overview', label: 'Overview', content: () => <Overview table={props.table} /> },
            { id: 'indexes', label: 'Indexes', content: () => <Indexes {...props} /> },
            {
              id: 'monitor',
              label: 'Monitor',
              content: () => <TableMonitor name={name} arn={props.table.TableArn} />,
            },
            { id: 'backups', label: 'Backups', content: () => <Backups {...props} /> },
            { id: 'streams', label: 'Exports and streams', content: () => <Streams {...props} /> },
            {
              id: 'settings',
              label: 'Additional settings',
              content: () => <AdditionalSettings {...props} />,
            },
            { id: 'permissions', label: 'Permissions', content: () => <Permissions table={props.table} /> },
          ]}
        />
      ) : (
        described.loading && <Loading />
      )}
      {deleting && (
        <DeleteTables
          names={[name]}
          onClose={() => setDeleting(false)}
          onDeleted={() => navigate('dynamodb/tables')}
        />
      )}
    </Page>
  );
}

function selectAll(table: string): string {
  return `SELECT * FROM "${table}"`;
}

function Overview({ table }: { table: Table }) {
  return (
    <>
      <Panel title="General information">
        <Facts
          facts={[
            ['Partition key', keyText(table, table.KeySchema, 'HASH')],
            ['Sort key', keyText(table, table.KeySchema, 'RANGE')],
            ['Capacity mode', capacityMode(table)],
            ['Table status', <Status key="status" of={table.TableStatus} />],
            ['Amazon Resource Name (ARN)', <Copy key="arn" text={table.TableArn} />],
            [
              'Table ID',
              <span key="id" class="mono">
                {table.TableId}
              </span>,
            ],
            ['Creation date', <Time key="created" at={table.CreationDateTime} />],
            ['Deletion protection', table.DeletionProtectionEnabled ? 'On' : 'Off'],
          ]}
        />
      </Panel>
      <Panel title="Items summary" description="Counted by each write: these are exact.">
        <Facts
          facts={[
            ['Item count', count(table.ItemCount)],
            ['Table size', bytes(table.TableSizeBytes)],
            [
              'Average item size',
              table.ItemCount ? bytes(Math.round(table.TableSizeBytes / table.ItemCount)) : '–',
            ],
          ]}
        />
      </Panel>
    </>
  );
}

const READS = ['GetItem', 'BatchGetItem', 'Query', 'Scan'];
const WRITES = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

function TableMonitor({ name, arn }: { name: string; arn: string | undefined }) {
  const of = (metric: string, label: string, statistic = 'Sum', more: Record<string, string> = {}) => ({
    namespace: 'AWS/DynamoDB',
    metric,
    label,
    statistic,
    dimensions: { TableName: name, ...more },
  });
  const by = (metric: string, operations: string[], statistic: string) =>
    operations.map(operation => of(metric, operation, statistic, { Operation: operation }));
  const graphs: Graph[] = [
    { title: 'Read usage (units)', queries: [of('ConsumedReadCapacityUnits', 'Consumed')] },
    { title: 'Write usage (units)', queries: [of('ConsumedWriteCapacityUnits', 'Consumed')] },
    {
      title: 'Throttled requests (count)',
      queries: [of('ReadThrottleEvents', 'Reads'), of('WriteThrottleEvents', 'Writes')],
    },
    {
      title: 'Failed conditions and transactions (count)',
      queries: [
        of('ConditionalCheckFailedRequests', 'Conditional check failed'),
        of('TransactionConflict', 'Transaction conflicts'),
      ],
    },
    { title: 'Read latency', unit: 'ms', queries: by('SuccessfulRequestLatency', READS, 'Average') },
    { title: 'Write latency', unit: 'ms', queries: by('SuccessfulRequestLatency', WRITES, 'Average') },
    { title: 'Returned items (count)', queries: by('ReturnedItemCount', ['Query', 'Scan'], 'Sum') },
  ];
  return <Monitor name={`dynamodb/${name}`} arn={arn} graphs={graphs} />;
}
