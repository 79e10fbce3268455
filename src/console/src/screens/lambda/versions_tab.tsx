/** Versions of a function, and publishing one. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteFunction, publishVersion, versionsPage, type FunctionConfiguration } from '../../api/lambda';
import { Button, TextField } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt, flash } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { bytes, Time } from '../../ui/format';
import { Empty, Panel } from '../../ui/layout';
import { pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { actionColumn, Table } from '../../ui/table';
import { runtimeName } from './runtimes';

interface PublishProps {
  name: string;
  onClose: () => void;
  onDone: () => Promise<void>;
}

export function PublishVersion({ name, onClose, onDone }: PublishProps) {
  const [description, setDescription] = useState('');
  const publish = async () => {
    const { Version } = await publishVersion(name, description);
    flash('good', `Successfully published version ${Version} of the function ${name}.`);
    await onDone();
  };
  return (
    <FormDialog title="Publish new version" submit="Publish" onSave={publish} onClose={onClose}>
      <p>
        A version is the code and the configuration as they are now. It does not change any more. If nothing
        has changed since the last version, that one is kept.
      </p>
      <TextField label="Version description" optional value={description} onInput={setDescription} />
    </FormDialog>
  );
}

export function VersionsTab({ name }: { name: string }) {
  const versions = usePages(
    `lambda/versions/${name}`,
    (marker, signal) => versionsPage(name, marker, signal),
    { on: changed('lambda') },
  );
  const published = versions.rows.filter(row => row.Version !== '$LATEST');
  const [publishing, setPublishing] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const remove = async (version: string) => {
    await attempt(() => deleteFunction(name, version), `Deleted version ${version}.`);
    await versions.reload();
  };
  return (
    <>
      <Problem error={versions.error} retry={versions.reload} />
      <Panel
        title="Versions"
        count={pagesListed({ ...versions, rows: published }).count}
        actions={<Button onClick={() => setPublishing(true)}>Publish new version</Button>}
      >
        <Table
          label="Versions"
          rows={published}
          more={versions.more}
          rowKey={row => row.Version}
          initialSort={{ id: 'version', descending: true }}
          columns={[
            {
              id: 'version',
              title: 'Version',
              sort: row => Number(row.Version),
              cell: row => row.Version,
            },
            { id: 'description', title: 'Description', cell: row => row.Description || '–' },
            { id: 'runtime', title: 'Runtime', cell: row => runtimeName(row.Runtime) },
            { id: 'size', title: 'Code size', number: true, cell: row => bytes(row.CodeSize) },
            { id: 'at', title: 'Last modified', cell: row => <Time at={row.LastModified} /> },
            actionColumn<FunctionConfiguration>(
              'Delete',
              row => `Delete version ${row.Version}`,
              row => setDeleting(row.Version),
            ),
          ]}
          empty={<Empty title={versions.loading ? 'Loading…' : 'You have not published any versions.'} />}
        />
      </Panel>
      {publishing && (
        <PublishVersion name={name} onClose={() => setPublishing(false)} onDone={versions.reload} />
      )}
      {deleting && (
        <Confirm
          title={`Delete version ${deleting}`}
          action="Delete"
          typed="confirm"
          onConfirm={() => remove(deleting)}
          onClose={() => setDeleting(undefined)}
        >
          <p>Its code and configuration are lost. A version with an alias cannot be deleted.</p>
        </Confirm>
      )}
    </>
  );
}
