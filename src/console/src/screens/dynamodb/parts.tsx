/** What several of DynamoDB's pages show. */
import './dynamodb.css';

import { changed } from '../../api/events';
import type { KeyElement, Table } from '../../api/dynamodb';
import { link } from '../../router';
import { Badge, Sections, type Tone } from '../../ui/layout';

export function DynamoSections() {
  return (
    <Sections
      label="DynamoDB"
      links={[
        ['Tables', 'dynamodb/tables'],
        ['Explore items', 'dynamodb/items'],
        ['PartiQL editor', 'dynamodb/partiql'],
      ]}
    />
  );
}

export const ofDynamo = changed('dynamodb');

export function tableCrumbs(table?: string): [string, string][] {
  return [
    ['DynamoDB', 'dynamodb/tables'],
    ['Tables', 'dynamodb/tables'],
    ...(table ? [[table, link`dynamodb/tables/${table}`] as [string, string]] : []),
  ];
}

const STATUS: Record<string, [Tone, string]> = {
  ACTIVE: ['good', 'Active'],
  CREATING: ['note', 'Creating'],
  UPDATING: ['note', 'Updating'],
  DELETING: ['warn', 'Deleting'],
  AVAILABLE: ['good', 'Available'],
  ENABLED: ['good', 'On'],
  ENABLING: ['note', 'Turning on'],
  DISABLED: ['plain', 'Off'],
  DISABLING: ['note', 'Turning off'],
};

export function Status({ of }: { of: string | undefined }) {
  const [tone, text] = STATUS[of ?? ''] ?? ['plain', of ?? '–'];
  return <Badge tone={tone}>{text}</Badge>;
}

/** "orderId (String)" */
export function keyText(table: Table, schema: KeyElement[], type: KeyElement['KeyType']): string {
  const name = schema.find(key => key.KeyType === type)?.AttributeName;
  if (!name) return '–';
  const kind = table.AttributeDefinitions.find(one => one.AttributeName === name)?.AttributeType;
  return `${name} (${{ S: 'String', N: 'Number', B: 'Binary' }[kind ?? 'S']})`;
}

export function capacityMode(table: Table): string {
  return table.BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST' ? 'On-demand' : 'Provisioned';
}
