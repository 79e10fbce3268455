/** A function's triggers: their state and settings, enable, disable, edit and delete. */
import { useState } from 'preact/hooks';

import {
  deleteMapping,
  unsubscribeFunction,
  updateMapping,
  type Mapping,
  type Subscription,
} from '../../api/lambda_triggers';
import { link, navigate } from '../../router';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Badge, Empty, Facts, Panel, type Tone } from '../../ui/layout';
import { changesOf } from '../../ui/merge';
import { Problem } from '../../ui/problem';
import { Advice } from './advice';
import { updated, type TabProps, type Triggers } from './common';
import { kindOf, resourceName, ResourceLink } from './diagram';
import { formOf, kindOfSource, MappingFields, REPORT_FAILURES, settingsOf } from './mapping_form';

export function TriggersSection({ details, triggers }: TabProps & { triggers: Triggers }) {
  const { FunctionName: name, Timeout } = details.Configuration;
  const { mappings = [], subscriptions = [] } = triggers.data ?? {};
  const total = mappings.length + subscriptions.length;
  return (
    <Panel
      title="Triggers"
      count={triggers.data && total}
      actions={
        <Button onClick={() => navigate(link`lambda/functions/${name}/add-trigger`)}>Add trigger</Button>
      }
    >
      <Problem error={triggers.error} retry={triggers.reload} />
      {total === 0 && <Empty title={triggers.loading ? 'Loading…' : 'No triggers'} />}
      <div>
        {mappings.map(mapping => (
          <MappingTrigger
            key={mapping.UUID}
            name={name}
            mapping={mapping}
            timeoutSeconds={Timeout}
            reload={triggers.reload}
          />
        ))}
        {subscriptions.map(subscription => (
          <TopicTrigger
            key={subscription.SubscriptionArn}
            name={name}
            subscription={subscription}
            reload={triggers.reload}
          />
        ))}
      </div>
    </Panel>
  );
}

const TONES: Record<string, Tone> = { Enabled: 'good', Disabled: 'warn' };

interface MappingProps {
  name: string;
  mapping: Mapping;
  timeoutSeconds: number;
  reload: () => Promise<void>;
}

function MappingTrigger({ name, mapping, timeoutSeconds, reload }: MappingProps) {
  const [open, setOpen] = useState<'edit' | 'delete'>();
  const source = resourceName(mapping.EventSourceArn);
  const close = () => setOpen(undefined);
  const enabled = mapping.State === 'Enabled' || mapping.State === 'Enabling';
  const toggle = async () => {
    await attempt(() => updateMapping(mapping.UUID, { Enabled: !enabled }));
    await reload();
  };
  const remove = async () => {
    await attempt(() => deleteMapping(mapping.UUID), `Deleted the trigger ${source}.`);
    await reload();
  };
  return (
    <section class="trigger" aria-label={`Trigger ${source}`}>
      <header>
        <h3>
          {kindOf(mapping.EventSourceArn)}: <ResourceLink arn={mapping.EventSourceArn} />{' '}
          <Badge tone={TONES[mapping.State] ?? 'note'}>{mapping.State}</Badge>
        </h3>
        <div class="actions">
          <Button label={`Edit trigger ${source}`} onClick={() => setOpen('edit')}>
            Edit
          </Button>
          <Button label={`${enabled ? 'Disable' : 'Enable'} trigger ${source}`} onClick={toggle}>
            {enabled ? 'Disable' : 'Enable'}
          </Button>
          <Button kind="danger" label={`Delete trigger ${source}`} onClick={() => setOpen('delete')}>
            Delete
          </Button>
        </div>
      </header>
      <MappingFacts mapping={mapping} />
      {kindOfSource(mapping.EventSourceArn) === 'sqs' && (
        <Advice queueArn={mapping.EventSourceArn} timeoutSeconds={timeoutSeconds} mapping={mapping} />
      )}
      {open === 'edit' && <EditMapping name={name} mapping={mapping} reload={reload} onClose={close} />}
      {open === 'delete' && (
        <Confirm
          title={`Delete trigger ${source}`}
          action="Delete"
          typed="confirm"
          onConfirm={remove}
          onClose={close}
        >
          <p>The function no longer gets what comes from {source}.</p>
        </Confirm>
      )}
    </section>
  );
}

function MappingFacts({ mapping }: { mapping: Mapping }) {
  const stream = kindOfSource(mapping.EventSourceArn) === 'dynamodb';
  return (
    <Facts
      facts={[
        ['Batch size', mapping.BatchSize],
        ['Batch window', `${mapping.MaximumBatchingWindowInSeconds ?? 0} s`],
        ...(stream
          ? ([
              ['Starting position', mapping.StartingPosition],
              ['Concurrent batches per shard', mapping.ParallelizationFactor],
              ['Retry attempts', mapping.MaximumRetryAttempts],
            ] as [string, string | number | undefined][])
          : ([['Maximum concurrency', mapping.ScalingConfig?.MaximumConcurrency]] as [
              string,
              number | undefined,
            ][])),
        [
          'Report batch item failures',
          mapping.FunctionResponseTypes?.includes(REPORT_FAILURES) ? 'Yes' : 'No',
        ],
        [
          'Filter criteria',
          mapping.FilterCriteria?.Filters?.map(({ Pattern }) => <code key={Pattern}>{Pattern}</code>),
        ],
        ['Last processing result', mapping.LastProcessingResult],
        ['State transition reason', mapping.StateTransitionReason],
        [
          'UUID',
          <span key="u" class="mono">
            {mapping.UUID}
          </span>,
        ],
      ]}
    />
  );
}

interface EditProps {
  name: string;
  mapping: Mapping;
  reload: () => Promise<void>;
  onClose: () => void;
}

function EditMapping({ name, mapping, reload, onClose }: EditProps) {
  const kind = kindOfSource(mapping.EventSourceArn);
  const [opened] = useState(mapping);
  const [form, setForm] = useState(() => formOf(opened));
  const save = async () => {
    const before = settingsOf(formOf(opened), kind, opened);
    await updateMapping(mapping.UUID, changesOf(before, settingsOf(form, kind, opened)));
    updated(name);
    await reload();
  };
  return (
    <FormDialog
      title={`Edit trigger ${resourceName(mapping.EventSourceArn)}`}
      wide
      onSave={save}
      onClose={onClose}
    >
      <MappingFields kind={kind} form={form} onChange={setForm} />
    </FormDialog>
  );
}

interface TopicProps {
  name: string;
  subscription: Subscription;
  reload: () => Promise<void>;
}

function TopicTrigger({ name, subscription, reload }: TopicProps) {
  const [deleting, setDeleting] = useState(false);
  const topic = resourceName(subscription.TopicArn);
  const remove = async () => {
    await attempt(() => unsubscribeFunction(name, subscription), `Deleted the trigger ${topic}.`);
    await reload();
  };
  return (
    <section class="trigger" aria-label={`Trigger ${topic}`}>
      <header>
        <h3>
          SNS: <ResourceLink arn={subscription.TopicArn} />
        </h3>
        <Button kind="danger" label={`Delete trigger ${topic}`} onClick={() => setDeleting(true)}>
          Delete
        </Button>
      </header>
      <Facts facts={[['Subscription ARN', subscription.SubscriptionArn]]} />
      {deleting && (
        <Confirm
          title={`Delete trigger ${topic}`}
          action="Delete"
          typed="confirm"
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>The subscription and the topic&apos;s right to invoke the function are deleted.</p>
        </Confirm>
      )}
    </section>
  );
}
