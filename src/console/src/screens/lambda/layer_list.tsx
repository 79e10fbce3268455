/** Lambda › Layers. */
import { changed } from '../../api/events';
import { layersPage } from '../../api/layers';
import { Link, link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Copy, Empty, Page, Panel, Sections } from '../../ui/layout';
import { pagesListed } from '../../ui/list_panel';
import { usePages } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { Table } from '../../ui/table';
import { LAMBDA } from './common';
import { runtimeNames } from './runtimes';

export default function LayerList() {
  const layers = usePages('lambda/layers', layersPage, { on: changed('lambda') });
  return (
    <Page title="Layers" crumbs={[['Lambda', 'lambda/functions']]}>
      <Sections {...LAMBDA} />
      <Problem error={layers.error} retry={layers.reload} />
      <Panel
        title="Layers"
        count={pagesListed(layers).count}
        actions={
          <Button kind="primary" onClick={() => navigate('lambda/create-layer')}>
            Create layer
          </Button>
        }
      >
        <Table
          label="Layers"
          rows={layers.rows}
          more={layers.more}
          rowKey={row => row.LayerName}
          filterText={row => `${row.LayerName} ${row.LatestMatchingVersion.Description ?? ''}`}
          filterLabel="Filter layers"
          initialSort={{ id: 'name' }}
          columns={[
            {
              id: 'name',
              title: 'Name',
              sort: row => row.LayerName,
              cell: row => <Link to={link`lambda/layers/${row.LayerName}`}>{row.LayerName}</Link>,
            },
            {
              id: 'version',
              title: 'Version',
              number: true,
              sort: row => row.LatestMatchingVersion.Version,
              cell: row => row.LatestMatchingVersion.Version,
            },
            {
              id: 'description',
              title: 'Description',
              cell: row => row.LatestMatchingVersion.Description || '–',
            },
            {
              id: 'runtimes',
              title: 'Compatible runtimes',
              cell: row => runtimeNames(row.LatestMatchingVersion.CompatibleRuntimes),
            },
            {
              id: 'arn',
              title: 'Version ARN',
              cell: row => <Copy text={row.LatestMatchingVersion.LayerVersionArn} />,
            },
          ]}
          empty={<Empty title={layers.loading ? 'Loading…' : 'There is no data to display.'} />}
        />
      </Panel>
    </Page>
  );
}
