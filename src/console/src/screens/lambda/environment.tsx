/** Environment variables and tags of a function: names and values. */
import { useState } from 'preact/hooks';

import { updateConfiguration } from '../../api/lambda';
import { changeTags } from '../../api/lambda_settings';
import { Button, Pairs } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { Empty, Panel } from '../../ui/layout';
import { merged } from '../../ui/merge';
import { Table } from '../../ui/table';
import { updated, type TabProps } from './common';

export function EnvironmentVariables({ details, reload }: TabProps) {
  const { FunctionName: name, Environment } = details.Configuration;
  const save = async (variables: Record<string, string>) => {
    await updateConfiguration(name, { Environment: { Variables: variables } });
    updated(name);
    await reload();
  };
  return (
    <NamesAndValues
      title="Environment variables"
      values={Environment?.Variables ?? {}}
      addLabel="Add environment variable"
      empty="No environment variables are associated with this function."
      onSave={save}
    />
  );
}

export function Tags({ details, reload }: TabProps) {
  const { FunctionName: name, FunctionArn: arn } = details.Configuration;
  const before = details.Tags ?? {};
  const save = async (tags: Record<string, string>) => {
    await changeTags(arn, before, tags);
    updated(name);
    await reload();
  };
  return (
    <NamesAndValues
      title="Tags"
      values={before}
      addLabel="Add new tag"
      empty="No tags are associated with this function."
      onSave={save}
    />
  );
}

interface Props {
  title: string;
  values: Record<string, string>;
  addLabel: string;
  empty: string;
  onSave: (values: Record<string, string>) => Promise<void>;
}

function NamesAndValues({ title, values, addLabel, empty, onSave }: Props) {
  const [opened, setOpened] = useState<Record<string, string>>();
  return (
    <Panel
      title={title}
      count={Object.keys(values).length}
      actions={
        <Button label={`Edit ${title.toLowerCase()}`} onClick={() => setOpened(values)}>
          Edit
        </Button>
      }
    >
      <Table
        label={title}
        rows={Object.entries(values)}
        rowKey={([key]) => key}
        initialSort={{ id: 'key' }}
        columns={[
          { id: 'key', title: 'Key', sort: ([key]) => key, cell: ([key]) => key },
          { id: 'value', title: 'Value', cell: ([, value]) => <span class="mono">{value}</span> },
        ]}
        empty={<Empty title={empty} />}
      />
      {opened && (
        <Edit
          title={title}
          opened={opened}
          addLabel={addLabel}
          onSave={edited => onSave(merged(opened, edited, values))}
          onClose={() => setOpened(undefined)}
        />
      )}
    </Panel>
  );
}

interface EditProps extends Pick<Props, 'title' | 'addLabel' | 'onSave'> {
  opened: Record<string, string>;
  onClose: () => void;
}

function Edit({ title, opened, addLabel, onSave, onClose }: EditProps) {
  const [pairs, setPairs] = useState<[string, string][]>(Object.entries(opened));
  return (
    <FormDialog
      title={`Edit ${title.toLowerCase()}`}
      wide
      onSave={() => onSave(Object.fromEntries(pairs.filter(([key]) => key !== '')))}
      onClose={onClose}
    >
      <Pairs label={title} pairs={pairs} addLabel={addLabel} onChange={setPairs} />
    </FormDialog>
  );
}
