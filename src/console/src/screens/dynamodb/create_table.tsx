/** DynamoDB › Tables › Create table. */
import { useState } from 'preact/hooks';

import { createTable, type KeyType } from '../../api/dynamodb';
import { link, navigate } from '../../router';
import { Form, Select, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';

const KEY_TYPES = [
  { value: 'S', label: 'String' },
  { value: 'N', label: 'Number' },
  { value: 'B', label: 'Binary' },
];

export default function CreateTable() {
  const [name, setName] = useState('');
  const [partition, setPartition] = useState({ name: '', type: 'S' as KeyType });
  const [sort, setSort] = useState({ name: '', type: 'S' as KeyType });
  const [error, setError] = useState<unknown>();

  const submit = async () => {
    const keys = [partition, ...(sort.name ? [sort] : [])];
    try {
      await createTable({
        TableName: name,
        KeySchema: keys.map((key, i) => ({ AttributeName: key.name, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
        AttributeDefinitions: keys.map(key => ({ AttributeName: key.name, AttributeType: key.type })),
        BillingMode: 'PAY_PER_REQUEST',
      });
      flash('good', `The ${name} table was created successfully.`);
      navigate(link`dynamodb/tables/${name}`);
    } catch (failure) {
      setError(failure);
    }
  };

  return (
    <Page
      title="Create table"
      crumbs={[
        ['DynamoDB', 'dynamodb/tables'],
        ['Tables', 'dynamodb/tables'],
      ]}
    >
      <Form
        label="Create table"
        submit="Create table"
        cancel={() => navigate('dynamodb/tables')}
        onSubmit={submit}
      >
        <Panel title="Table details">
          <TextField
            label="Table name"
            hint="3 to 255 letters, digits, and _ - ."
            value={name}
            onInput={setName}
            required
          />
          <div class="row">
            <TextField
              label="Partition key"
              value={partition.name}
              onInput={text => setPartition({ ...partition, name: text })}
              required
            />
            <Select
              label="Type of the partition key"
              value={partition.type}
              options={KEY_TYPES}
              onChange={type => setPartition({ ...partition, type: type as KeyType })}
            />
          </div>
          <div class="row">
            <TextField
              label="Sort key"
              optional
              value={sort.name}
              onInput={text => setSort({ ...sort, name: text })}
            />
            <Select
              label="Type of the sort key"
              value={sort.type}
              options={KEY_TYPES}
              onChange={type => setSort({ ...sort, type: type as KeyType })}
            />
          </div>
        </Panel>
        <Problem error={error} />
      </Form>
    </Page>
  );
}
