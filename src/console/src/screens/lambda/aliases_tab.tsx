/** Aliases of a function: names for versions, which may share the traffic of two. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { aliasesPage, deleteAlias, putAlias, versionsPage, type Alias } from '../../api/lambda';
import { LongSelect, useChoices } from '../../ui/choices';
import { Button, TextField } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Empty, Panel } from '../../ui/layout';
import { pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table } from '../../ui/table';
import { updated } from './common';

export function AliasesTab({ name }: { name: string }) {
  const aliases = usePages(`lambda/aliases/${name}`, (marker, signal) => aliasesPage(name, marker, signal), {
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
        count={pagesListed(aliases).count}
        actions={<Button onClick={() => setEditing('new')}>Create alias</Button>}
      >
        <Table
          label="Aliases"
          rows={aliases.rows}
          more={aliases.more}
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
  const page = (marker: string | undefined, signal: AbortSignal) => versionsPage(name, marker, signal);
  const versions = useChoices(`lambda/versions/${name}`, page, one => ({ value: one.Version }));
  const others = useChoices(`lambda/other-versions/${name}/${version}`, page, one =>
    one.Version === '$LATEST' || one.Version === version ? undefined : { value: one.Version },
  );
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
      <LongSelect label="Version" value={version} choices={versions} onChange={setVersion} />
      <LongSelect
        label="Additional version"
        hint="A part of the invocations goes to this version (weighted alias)."
        none="None"
        value={second}
        choices={others}
        onChange={setSecond}
      />
      {second && (
        <TextField label="Weight (%)" type="number" min={0} max={100} value={percent} onInput={setPercent} />
      )}
    </FormDialog>
  );
}
