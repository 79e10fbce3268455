/** Layers of a function: add and remove. */
import { useState } from 'preact/hooks';

import { updateConfiguration } from '../../api/lambda';
import { listLayers, listLayerVersions } from '../../api/lambda_settings';
import { Button, Select, TextField } from '../../ui/controls';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Empty, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { updated, type TabProps } from './common';

export function Layers({ details, reload }: TabProps) {
  const { Configuration: it } = details;
  const [adding, setAdding] = useState(false);
  const arns = (it.Layers ?? []).map(layer => layer.Arn);
  const set = async (next: string[]) => {
    await updateConfiguration(it.FunctionName, { Layers: next });
    updated(it.FunctionName);
    await reload();
  };
  return (
    <Panel
      title="Layers"
      count={arns.length}
      actions={<Button onClick={() => setAdding(true)}>Add a layer</Button>}
    >
      <Table
        label="Layers"
        rows={arns.map((arn, i) => ({ arn, order: i + 1 }))}
        rowKey={row => row.arn}
        columns={[
          { id: 'order', title: 'Merge order', cell: row => row.order },
          { id: 'name', title: 'Name', cell: row => row.arn.split(':').at(-2) },
          { id: 'version', title: 'Layer version', cell: row => row.arn.split(':').at(-1) },
          { id: 'arn', title: 'Version ARN', cell: row => <span class="mono">{row.arn}</span> },
          {
            id: 'remove',
            title: 'Actions',
            cell: row => (
              <Button
                kind="link"
                label={`Remove ${row.arn}`}
                onClick={() => attempt(() => set(arns.filter(arn => arn !== row.arn)))}
              >
                Remove
              </Button>
            ),
          },
        ]}
        empty={<Empty title="There is no data to display." />}
      />
      {adding && <AddLayer onAdd={arn => set([...arns, arn])} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function AddLayer({ onAdd, onClose }: { onAdd: (arn: string) => Promise<void>; onClose: () => void }) {
  const layers = useResource('lambda/layers', listLayers);
  const [layer, setLayer] = useState('');
  const versions = useResource(layer && `lambda/layers/${layer}`, signal => listLayerVersions(layer, signal));
  const [arn, setArn] = useState('');
  return (
    <FormDialog title="Add layer" submit="Add" disabled={!arn} onSave={() => onAdd(arn)} onClose={onClose}>
      <Problem error={layers.error ?? versions.error} />
      <Select
        label="Custom layers"
        value={layer}
        options={[
          { value: '', label: layers.data?.length === 0 ? 'There are no layers' : 'Choose a layer' },
          ...(layers.data ?? []).map(({ LayerName }) => LayerName).map(value => ({ value })),
        ]}
        onChange={setLayer}
      />
      {layer && (
        <Select
          label="Version"
          value={arn}
          options={[
            { value: '', label: 'Choose a version' },
            ...(versions.data ?? []).map(version => ({
              value: version.LayerVersionArn,
              label: `${version.Version}${version.Description ? ` – ${version.Description}` : ''}`,
            })),
          ]}
          onChange={setArn}
        />
      )}
      <TextField label="Specify an ARN" hint="Or paste a version's ARN" value={arn} onInput={setArn} mono />
    </FormDialog>
  );
}
