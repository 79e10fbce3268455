/** Layers of a function: add and remove. */
import { useState } from 'preact/hooks';

import { updateConfiguration } from '../../api/lambda';
import { layersPage, layerVersionsPage } from '../../api/layers';
import { Link, link } from '../../router';
import { LongSelect, useChoices } from '../../ui/choices';
import { Button, TextField } from '../../ui/controls';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Empty, Panel } from '../../ui/layout';
import { actionColumn, Table } from '../../ui/table';
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
          {
            id: 'name',
            title: 'Name',
            cell: ({ arn }) => (
              <Link to={`${link`lambda/layers/${arn.split(':').at(-2)!}`}?version=${arn.split(':').at(-1)}`}>
                {arn.split(':').at(-2)}
              </Link>
            ),
          },
          { id: 'version', title: 'Layer version', cell: row => row.arn.split(':').at(-1) },
          { id: 'arn', title: 'Version ARN', cell: row => <span class="mono">{row.arn}</span> },
          actionColumn<{ arn: string }>(
            'Remove',
            row => `Remove ${row.arn}`,
            row => attempt(() => set(arns.filter(arn => arn !== row.arn))),
          ),
        ]}
        empty={<Empty title="There is no data to display." />}
      />
      {adding && <AddLayer onAdd={arn => set([...arns, arn])} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function AddLayer({ onAdd, onClose }: { onAdd: (arn: string) => Promise<void>; onClose: () => void }) {
  const [layer, setLayer] = useState('');
  const [arn, setArn] = useState('');
  const layers = useChoices('lambda/layers', layersPage, ({ LayerName }) => ({ value: LayerName }));
  const versions = useChoices(
    layer && `lambda/layers/${layer}`,
    (marker, signal) => layerVersionsPage(layer, marker, signal),
    ({ LayerVersionArn: value, Version, Description }) => ({
      value,
      label: `${Version}${Description ? ` – ${Description}` : ''}`,
    }),
  );
  return (
    <FormDialog title="Add layer" submit="Add" disabled={!arn} onSave={() => onAdd(arn)} onClose={onClose}>
      <LongSelect label="Custom layers" value={layer} choices={layers} onChange={setLayer} />
      {layer && <LongSelect label="Version" value={arn} choices={versions} onChange={setArn} />}
      <TextField label="Specify an ARN" hint="Or paste a version's ARN" value={arn} onInput={setArn} mono />
    </FormDialog>
  );
}
