/** Lambda › Functions › one function. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deleteFunction, getFunction, type FunctionDetails } from '../../api/lambda';
import { eventConfig } from '../../api/lambda_settings';
import { functionSubscriptions, listMappings } from '../../api/lambda_triggers';
import { Link, link, navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Time } from '../../ui/format';
import { Badge, Copy, Facts, Loading, Page, Panel, Tabs } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { useUnsaved } from '../../unsaved';
import { AliasesTab } from './aliases_tab';
import { CodeTab, type Draft } from './code_tab';
import type { TabProps } from './common';
import { ConfigurationTab } from './configuration_tab';
import { Diagram, type Node } from './diagram';
import { roleName } from './execution_role';
import { MonitorTab } from './monitor_tab';
import { TestTab } from './test_tab';
import { PublishVersion, VersionsTab } from './versions_tab';

import './lambda.css';

export default function FunctionPage({ name = '' }: Params) {
  const details = useResource(`lambda/functions/${name}`, signal => getFunction(name, undefined, signal), {
    on: changed('lambda'),
  });
  const crumbs: [string, string][] = [
    ['Lambda', 'lambda/functions'],
    ['Functions', 'lambda/functions'],
  ];
  const [open, setOpen] = useState<'delete' | 'publish'>();
  const remove = async () => {
    if (await attempt(() => deleteFunction(name), `Successfully deleted the function ${name}.`))
      navigate('lambda/functions');
  };
  const close = () => setOpen(undefined);
  if (isMissing(details)) return <Absent kind="function" name={name} crumbs={crumbs} resource={details} />;
  return (
    <Page
      title={name}
      crumbs={crumbs}
      actions={
        <>
          <Button onClick={() => setOpen('publish')}>Publish new version</Button>
          <Button kind="danger" onClick={() => setOpen('delete')}>
            Delete
          </Button>
        </>
      }
    >
      <Problem error={details.error} retry={details.reload} />
      {details.data ? (
        <Content details={details.data} reload={details.reload} />
      ) : (
        details.loading && <Loading />
      )}
      {open === 'publish' && <PublishVersion name={name} onClose={close} onDone={details.reload} />}
      {open === 'delete' && (
        <Confirm
          title={`Delete function ${name}`}
          action="Delete"
          typed={name}
          onConfirm={remove}
          onClose={close}
        >
          <p>The code, versions and aliases are lost. Triggers, logs and the role stay.</p>
        </Confirm>
      )}
    </Page>
  );
}

function Content({ details, reload }: TabProps) {
  const { Configuration: it } = details;
  const name = it.FunctionName;
  const [draft, setDraft] = useState<Draft>();
  useUnsaved(draft !== undefined);
  const triggers = useResource(
    `lambda/triggers/${name}`,
    async signal => {
      const [mappings, subscriptions] = await Promise.all([
        listMappings({ FunctionName: name }, signal),
        functionSubscriptions(name, it.FunctionArn, signal),
      ]);
      return { mappings, subscriptions };
    },
    { on: changed('lambda', 'sns') },
  );
  const nodes: Node[] = [
    ...(triggers.data?.mappings ?? []).map(one => ({ arn: one.EventSourceArn, state: one.State })),
    ...(triggers.data?.subscriptions ?? []).map(one => ({ arn: one.TopicArn })),
  ];
  return (
    <>
      <Overview details={details} triggers={nodes} />
      <Problem error={triggers.error} />
      <Tabs
        label="Function"
        tabs={[
          {
            id: 'code',
            label: 'Code',
            content: () => <CodeTab details={details} reload={reload} draft={draft} onDraft={setDraft} />,
          },
          { id: 'test', label: 'Test', content: () => <TestTab details={details} /> },
          { id: 'monitor', label: 'Monitor', content: () => <MonitorTab details={details} /> },
          {
            id: 'configuration',
            label: 'Configuration',
            content: () => <ConfigurationTab details={details} reload={reload} triggers={triggers} />,
          },
          { id: 'aliases', label: 'Aliases', content: () => <AliasesTab name={name} /> },
          { id: 'versions', label: 'Versions', content: () => <VersionsTab name={name} /> },
        ]}
      />
    </>
  );
}

function Overview({ details, triggers }: { details: FunctionDetails; triggers: Node[] }) {
  const { Configuration: it } = details;
  const events = useResource(
    `lambda/events/${it.FunctionName}`,
    signal => eventConfig(it.FunctionName, signal),
    { on: changed('lambda') },
  );
  const { OnSuccess, OnFailure } = events.data?.DestinationConfig ?? {};
  const destinations: Node[] = [
    ...(OnSuccess?.Destination ? [{ arn: OnSuccess.Destination, label: 'on success' }] : []),
    ...(OnFailure?.Destination ? [{ arn: OnFailure.Destination, label: 'on failure' }] : []),
  ];
  return (
    <Panel title="Function overview">
      <Diagram
        configuration={it}
        triggers={triggers}
        destinations={destinations}
        onAddTrigger={() => navigate(link`lambda/functions/${it.FunctionName}/add-trigger`)}
      />
      <Facts
        facts={[
          ['Description', it.Description],
          ['Last modified', <Time key="m" at={it.LastModified} />],
          ['Function ARN', <Copy key="a" text={it.FunctionArn} />],
          [
            'Execution role',
            <Link key="r" to={link`iam/roles/${roleName(it.Role)}`}>
              {roleName(it.Role)}
            </Link>,
          ],
          ['State', <State key="s" details={details} />],
        ]}
      />
    </Panel>
  );
}

function State({ details }: { details: FunctionDetails }) {
  const { State: state, StateReason, LastUpdateStatus, LastUpdateStatusReason } = details.Configuration;
  const failed = state === 'Failed' || LastUpdateStatus === 'Failed';
  const busy = state === 'Pending' || LastUpdateStatus === 'InProgress';
  return (
    <span title={StateReason ?? LastUpdateStatusReason}>
      <Badge tone={failed ? 'bad' : busy ? 'note' : 'good'}>
        {LastUpdateStatus === 'InProgress' ? 'Updating' : (state ?? 'Active')}
      </Badge>
      {failed && ` ${StateReason ?? LastUpdateStatusReason ?? ''}`}
    </span>
  );
}
