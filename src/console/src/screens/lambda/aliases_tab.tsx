/** Aliases of a function: names for versions, which may share the traffic of two. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteAlias, listAliases, listVersions, putAlias, type Alias } from '../../api/lambda';
import { Button, Select, TextField } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Empty, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { updated } from './common';

export function AliasesTab({ name }: { name: string }) {
  const aliases = useResource(`lambda/aliases/${name}`, signal => listAliases(name, signal), {
    on: changed('lambda'),
  });
  const [editing, setEditing] = useState<Alias | 'new'>();
  const [deleting, setDeleting] = useState<string>();
  const remove = async (alias: string) => {
    await attempt(() => deleteAlias(name, alias), `Deleted alias ${alias}.`);
    await aliases.reload();
  };
  return (
    <>
      <Problem error={aliases.error} retry={aliases.reload} />
      <Panel
        title="Aliases"
        count={aliases.data?.length}
        actions={<Button onClick={() => setEditing('new')}>Create alias</Button>}
      >
        <Table
          label="Aliases"
          rows={aliases.data ?? []}
          rowKey={row => row.Name}
          initialSort={{ id: 'name' }}
          columns={[
            { id: 'name', title: 'Name', sort: row => row.Name, cell: row => row.Name },
            { id: 'versions', title: 'Versions', cell: row => weights(row) },
            { id: 'description', title: 'Description', cell: row => row.Description || '–' },
            {
              id: 'actions',
              title: 'Actions',
              cell: row => (
                <>
                  <Button kind="link" label={`Edit alias ${row.Name}`} onClick={() => setEditing(row)}>
                    Edit
                  </Button>
                  <Button
                    kind="link"
                    label={`Delete alias ${row.Name}`}
                    onClick={() => setDeleting(row.Name)}
                  >
                    Delete
                  </Button>
                </>
              ),
            },
          ]}
          empty={<Empty title={aliases.loading ? 'Loading…' : 'You have not created any aliases.'} />}
        />
      </Panel>
      {editing && (
        <EditAlias
          name={name}
          alias={editing === 'new' ? undefined : editing}
          onDone={aliases.reload}
          onClose={() => setEditing(undefined)}
        />
      )}
      {deleting && (
        <Confirm
          title={`Delete alias ${deleting}`}
          action="Delete"
          typed="confirm"
          onConfirm={() => remove(deleting)}
          onClose={() => setDeleting(undefined)}
        >
          <p>What invokes the function by this alias will fail.</p>
        </Confirm>
      )}
    </>
  );
}

function weights(alias: Alias): string {
  const [other] = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  if (!other) return alias.FunctionVersion;
  const percent = Math.round(other[1] * 100);
  return `${alias.FunctionVersion} (${100 - percent}%), ${other[0]} (${percent}%)`;
}

interface EditProps {
  name: string;
  alias?: Alias;
  onDone: () => Promise<void>;
  onClose: () => void;
}

function EditAlias({ name, alias, onDone, onClose }: EditProps) {
  const [other] = Object.entries(alias?.RoutingConfig?.AdditionalVersionWeights ?? {});
  const [aliasName, setAliasName] = useState(alias?.Name ?? '');
  const [version, setVersion] = useState(alias?.FunctionVersion ?? '$LATEST');
  const [description, setDescription] = useState(alias?.Description ?? '');
  const [second, setSecond] = useState(other?.[0] ?? '');
  const [percent, setPercent] = useState(other ? String(Math.round(other[1] * 100)) : '10');
  const versions = useResource(`lambda/versions/${name}`, signal => listVersions(name, signal));
  const names = (versions.data ?? []).map(one => one.Version);
  const save = async () => {
    await putAlias(
      name,
      {
        Name: aliasName,
        FunctionVersion: version,
        Description: description,
        RoutingConfig: { AdditionalVersionWeights: second ? { [second]: Number(percent) / 100 } : {} },
      },
      alias !== undefined,
    );
    updated(name);
    await onDone();
  };
  return (
    <FormDialog title={alias ? `Edit alias ${alias.Name}` : 'Create alias'} onSave={save} onClose={onClose}>
      <TextField label="Name" value={aliasName} onInput={setAliasName} disabled={Boolean(alias)} required />
      <TextField label="Description" optional value={description} onInput={setDescription} />
      <Select label="Version" value={version} options={names} onChange={setVersion} />
      <Select
        label="Additional version"
        hint="A part of the invocations goes to this version (weighted alias)."
        value={second}
        options={[
          { value: '', label: 'None' },
          ...names.filter(one => one !== '$LATEST' && one !== version).map(value => ({ value })),
        ]}
        onChange={setSecond}
      />
      {second && (
        <TextField label="Weight (%)" type="number" min={0} max={100} value={percent} onInput={setPercent} />
      )}
      <Problem error={versions.error} />
    </FormDialog>
  );
}
