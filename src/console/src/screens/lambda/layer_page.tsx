/** Lambda › Layers › one layer: a version, the newest if none is asked for, and all versions. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { downloadCode } from '../../api/lambda';
import {
  deleteLayerVersion,
  getLayerVersion,
  layerVersionsPage,
  type LayerVersion,
  type LayerVersionDetails,
} from '../../api/layers';
import { link, Link, navigate, search, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { download } from '../../ui/download';
import { attempt } from '../../ui/flash';
import { bytes, Time } from '../../ui/format';
import { Copy, Empty, Facts, Page, Panel } from '../../ui/layout';
import { pagesListed } from '../../ui/list_panel';
import { usePages, type Pages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { actionColumn, Table } from '../../ui/table';
import { LayerPermissions } from './layer_permissions';
import { runtimeNames } from './runtimes';

const CRUMBS: [string, string][] = [
  ['Lambda', 'lambda/functions'],
  ['Layers', 'lambda/layers'],
];

export default function LayerPage({ name = '' }: Params) {
  const on = { on: changed('lambda') };
  const versions = usePages(
    `lambda/layers/${name}/versions`,
    (marker, signal) => layerVersionsPage(name, marker, signal),
    on,
  );
  const asked = Number(search.value.get('version')) || undefined;
  const version = asked ?? versions.rows[0]?.Version;
  const details = useResource(
    version === undefined ? '' : `lambda/layers/${name}/versions/${version}`,
    signal => getLayerVersion(name, version!, signal),
    on,
  );
  const [deleting, setDeleting] = useState<number>();
  if (version === undefined) return <Absent kind="layer" name={name} crumbs={CRUMBS} resource={versions} />;
  if (isMissing(details))
    return <Absent kind="layer version" name={`${name}:${version}`} crumbs={CRUMBS} resource={details} />;
  return (
    <Page
      title={name}
      crumbs={CRUMBS}
      actions={<Actions name={name} details={details.data} onDelete={setDeleting} />}
    >
      <Problem error={versions.error ?? details.error} retry={versions.reload} />
      {details.data && <Details name={name} details={details.data} />}
      {details.data && <LayerPermissions key={version} name={name} version={version} />}
      <Versions name={name} versions={versions} shown={version} onDelete={setDeleting} />
      {deleting !== undefined && (
        <Delete
          name={name}
          version={deleting}
          isLast={versions.rows.length === 1 && !versions.more}
          onDeleted={versions.reload}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </Page>
  );
}

interface ActionsProps {
  name: string;
  details: LayerVersionDetails | undefined;
  onDelete: (version: number) => void;
}

function Actions({ name, details, onDelete }: ActionsProps) {
  const save = (of: LayerVersionDetails) =>
    attempt(async () => {
      const zip = await downloadCode(of.Content.Location);
      download(`${name}-${of.Version}.zip`, 'application/zip', zip);
    });
  return (
    <>
      {details && (
        <>
          <Button kind="danger" onClick={() => onDelete(details.Version)}>
            Delete
          </Button>
          <Button onClick={() => save(details)}>Download</Button>
        </>
      )}
      <Button kind="primary" onClick={() => navigate(link`lambda/layers/${name}/create-version`)}>
        Create version
      </Button>
    </>
  );
}

function Details({ name, details }: { name: string; details: LayerVersionDetails }) {
  return (
    <Panel title="Version details">
      <Facts
        facts={[
          ['Name', name],
          ['Version', details.Version],
          ['Version ARN', <Copy key="arn" text={details.LayerVersionArn} />],
          ['Description', details.Description],
          ['Created', <Time key="created" at={details.CreatedDate} />],
          ['Compatible architectures', details.CompatibleArchitectures?.join(', ')],
          ['Compatible runtimes', runtimeNames(details.CompatibleRuntimes)],
          ['License', details.LicenseInfo],
          ['Code size', bytes(details.Content.CodeSize)],
          ['Code SHA-256', <Copy key="sha" text={details.Content.CodeSha256} />],
        ]}
      />
    </Panel>
  );
}

interface VersionsProps {
  name: string;
  versions: Pages<LayerVersion>;
  shown: number | undefined;
  onDelete: (version: number) => void;
}

function Versions({ name, versions, shown, onDelete }: VersionsProps) {
  return (
    <Panel title="All versions" count={pagesListed(versions).count}>
      <Table
        label="All versions"
        rows={versions.rows}
        more={versions.more}
        rowKey={row => String(row.Version)}
        columns={[
          {
            id: 'version',
            title: 'Version',
            cell: row => (
              <Link
                to={`${link`lambda/layers/${name}`}?version=${row.Version}`}
                label={`Version ${row.Version}`}
                current={row.Version === shown}
              >
                {row.Version}
              </Link>
            ),
          },
          { id: 'arn', title: 'Version ARN', cell: row => <Copy text={row.LayerVersionArn} /> },
          { id: 'description', title: 'Description', cell: row => row.Description || '–' },
          { id: 'runtimes', title: 'Compatible runtimes', cell: row => runtimeNames(row.CompatibleRuntimes) },
          { id: 'created', title: 'Created', cell: row => <Time at={row.CreatedDate} /> },
          actionColumn<LayerVersion>(
            'Delete',
            row => `Delete version ${row.Version}`,
            row => onDelete(row.Version),
          ),
        ]}
        empty={<Empty title={versions.loading ? 'Loading…' : 'There is no data to display.'} />}
      />
    </Panel>
  );
}

interface DeleteProps {
  name: string;
  version: number;
  /** The layer goes with it. */
  isLast: boolean;
  onDeleted: () => Promise<void>;
  onClose: () => void;
}

function Delete({ name, version, isLast, onDeleted, onClose }: DeleteProps) {
  const remove = async () => {
    const done = `Deleted version ${version} of the layer ${name}.`;
    if (!(await attempt(() => deleteLayerVersion(name, version), done))) return;
    navigate(isLast ? 'lambda/layers' : link`lambda/layers/${name}`);
    await onDeleted();
  };
  return (
    <Confirm
      title={`Delete version ${version} of ${name}`}
      action="Delete"
      typed="delete"
      onConfirm={remove}
      onClose={onClose}
    >
      <p>No function can be given it any more. Functions that have it keep it.</p>
    </Confirm>
  );
}
