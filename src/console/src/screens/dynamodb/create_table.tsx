/** DynamoDB › Tables › Create table. */
import { useState } from 'preact/hooks';

import { createTable, updateTimeToLive } from '../../api/dynamodb';
import { link, navigate } from '../../router';
import { Form, Pairs, RadioGroup, TextField } from '../../ui/controls';
import { attempt, flash } from '../../ui/flash';
import { Facts, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { defaultSettings, Settings, settingsInput, type TableSettings } from './create_settings';
import { definitionsOf, KeyRow, NO_KEY, schemaOf } from './index_form';
import { tableCrumbs } from './parts';

const DEFAULTS: [string, string][] = [
  ['Table class', 'DynamoDB Standard'],
  ['Capacity mode', 'On-demand'],
  ['Local secondary indexes', '–'],
  ['Global secondary indexes', '–'],
  ['Deletion protection', 'Off'],
  ['DynamoDB stream', 'Off'],
  ['Time to Live (TTL)', 'Off'],
  ['Resource-based policy', 'Not active'],
];

export default function CreateTable() {
  const [name, setName] = useState('');
  const [partition, setPartition] = useState(NO_KEY);
  const [sort, setSort] = useState(NO_KEY);
  const [customized, setCustomized] = useState(false);
  const [settings, setSettings] = useState(defaultSettings);
  const [tags, setTags] = useState<[string, string][]>([]);
  const [error, setError] = useState<unknown>();

  const submit = async () => {
    const chosen = customized ? settings : defaultSettings();
    try {
      await createTable(inputOf(name, [partition, sort], chosen, tags));
    } catch (failure) {
      setError(failure);
      return;
    }
    flash('good', `The ${name} table was created successfully.`);
    if (chosen.timeToLive) await attempt(() => updateTimeToLive(name, chosen.timeToLive, true));
    navigate(link`dynamodb/tables/${name}`);
  };

  return (
    <Page title="Create table" crumbs={tableCrumbs()}>
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
          <KeyRow label="Partition key" value={partition} onChange={setPartition} />
          <KeyRow label="Sort key" optional value={sort} onChange={setSort} />
        </Panel>
        <Panel title="Table settings">
          <RadioGroup
            legend="Settings of the table"
            tiles
            value={customized ? 'custom' : 'default'}
            options={[
              {
                value: 'default',
                label: 'Default settings',
                hint: 'The quickest way. You can change most of them later.',
              },
              {
                value: 'custom',
                label: 'Customize settings',
                hint: 'Capacity, table class, indexes, streams, and more.',
              },
            ]}
            onChange={text => setCustomized(text === 'custom')}
          />
          {!customized && <Facts facts={DEFAULTS} />}
        </Panel>
        {customized && <Settings value={settings} onChange={setSettings} partition={partition} />}
        <Panel title="Tags">
          <Pairs label="Tags of the table" pairs={tags} onChange={setTags} addLabel="Add new tag" />
        </Panel>
        <Problem error={error} />
      </Form>
    </Page>
  );
}

function inputOf(
  name: string,
  keys: (typeof NO_KEY)[],
  settings: TableSettings,
  tags: [string, string][],
): object {
  const indexKeys = [...settings.global, ...settings.local].flatMap(index => [index.partition, index.sort]);
  return {
    TableName: name,
    KeySchema: schemaOf(keys),
    AttributeDefinitions: definitionsOf([...keys, ...indexKeys]),
    ...settingsInput(settings, keys[0]!),
    ...(tags.length > 0 && { Tags: tags.map(([Key, Value]) => ({ Key, Value })) }),
  };
}
