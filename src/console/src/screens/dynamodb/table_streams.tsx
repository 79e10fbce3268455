/** A table's stream, and the functions that it triggers. */
import { useState } from 'preact/hooks';

import { updateTable } from '../../api/dynamodb';
import { listMappings, type Mapping } from '../../api/lambda_triggers';
import { Link, link } from '../../router';
import { Button, RadioGroup } from '../../ui/controls';
import { Confirm, Dialog } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { Copy, Empty, Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { ofDynamo, Status } from './parts';
import { STREAM_VIEWS } from './stream_views';
import type { TabProps } from './table';

export function Streams({ table, reload }: TabProps) {
  const stream = table.StreamSpecification;
  const on = stream?.StreamEnabled === true;
  const [asked, setAsked] = useState<'on' | 'off'>();
  const view = STREAM_VIEWS.find(one => one.value === stream?.StreamViewType)?.label;
  const turnOff = async () => {
    await attempt(
      () => updateTable(table.TableName, { StreamSpecification: { StreamEnabled: false } }),
      'The stream was turned off.',
    );
    await reload();
  };
  return (
    <>
      <Panel
        title="DynamoDB stream details"
        actions={<Button onClick={() => setAsked(on ? 'off' : 'on')}>{on ? 'Turn off' : 'Turn on'}</Button>}
      >
        <Facts
          facts={[
            ['Stream status', <Status key="status" of={on ? 'ENABLED' : 'DISABLED'} />],
            ['View type', on ? view : '–'],
            ['Latest stream ARN', table.LatestStreamArn && <Copy key="arn" text={table.LatestStreamArn} />],
          ]}
        />
      </Panel>
      {on && table.LatestStreamArn && <Triggers stream={table.LatestStreamArn} />}
      {asked === 'on' && <TurnOn table={table} reload={reload} onClose={() => setAsked(undefined)} />}
      {asked === 'off' && (
        <Confirm
          title="Turn off DynamoDB stream"
          action="Turn off"
          onConfirm={turnOff}
          onClose={() => setAsked(undefined)}
        >
          <p>
            Triggers of the stream receive no new changes. A stream that is turned on later is another one,
            with another ARN.
          </p>
        </Confirm>
      )}
    </>
  );
}

function TurnOn({ table, reload, onClose }: TabProps & { onClose: () => void }) {
  const [view, setView] = useState('NEW_AND_OLD_IMAGES');
  const turnOn = async () => {
    const done = await attempt(
      () =>
        updateTable(table.TableName, {
          StreamSpecification: { StreamEnabled: true, StreamViewType: view },
        }),
      'The stream was turned on.',
    );
    if (done) onClose();
    await reload();
  };
  return (
    <Dialog
      title="Turn on DynamoDB stream"
      onClose={onClose}
      actions={
        <>
          <Button kind="link" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" onClick={turnOn}>
            Turn on stream
          </Button>
        </>
      }
    >
      <RadioGroup legend="View type" value={view} options={STREAM_VIEWS} onChange={setView} />
    </Dialog>
  );
}

function Triggers({ stream }: { stream: string }) {
  const triggers = useResource(
    `dynamodb/triggers/${stream}`,
    signal => listMappings({ EventSourceArn: stream }, signal),
    {
      on: event => ofDynamo(event) || event.data.service === 'lambda',
    },
  );
  const name = ({ FunctionArn }: Mapping) => nameOf(FunctionArn);
  return (
    <Panel title="Triggers" count={triggers.data?.length}>
      <Problem error={triggers.error} retry={triggers.reload} />
      <Table
        label="Triggers"
        rows={triggers.data ?? []}
        rowKey={trigger => trigger.UUID}
        columns={[
          {
            id: 'function',
            title: 'Function name',
            sort: name,
            cell: trigger => <Link to={link`lambda/functions/${name(trigger)}`}>{name(trigger)}</Link>,
          },
          { id: 'state', title: 'State', cell: trigger => trigger.State },
          { id: 'result', title: 'Last result', cell: trigger => trigger.LastProcessingResult ?? '–' },
          { id: 'batch', title: 'Batch size', number: true, cell: trigger => trigger.BatchSize },
        ]}
        empty={
          <Empty title="No triggers">
            <p>A function of Lambda can be given this stream as its trigger.</p>
          </Empty>
        }
      />
    </Panel>
  );
}
