/** Lambda › a function › Add trigger. */
import { useState } from 'preact/hooks';

import { AwsError } from '../../api/errors';
import { getFunction, type FunctionConfiguration } from '../../api/lambda';
import { topicsPage } from '../../api/sns';
import { createMapping, streamsPage, subscribeFunction } from '../../api/lambda_triggers';
import { listQueues, queueName } from '../../api/sqs';
import { link, navigate, type Params } from '../../router';
import { arn } from '../../session';
import { Absent, isMissing } from '../../ui/absent';
import { useChoices } from '../../ui/choices';
import { Button, Checkbox, Form, Select } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Loading, Notice, Page, Panel } from '../../ui/layout';
import type { PageOf } from '../../ui/pages';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Advice } from './advice';
import { ArnChoice } from './arn_choice';
import { resourceName } from './diagram';
import { allowReading, neededPolicies, refusedSource, roleName } from './execution_role';
import { MappingFields, newForm, settingsOf, type MappingForm, type SourceKind } from './mapping_form';

import './lambda.css';

type Source = SourceKind | 'sns';

const SOURCES = [
  { value: '', label: 'Select a source' },
  { value: 'sqs', label: 'SQS' },
  { value: 'dynamodb', label: 'DynamoDB' },
  { value: 'sns', label: 'SNS' },
];

export default function AddTrigger({ name = '' }: Params) {
  const details = useResource(`lambda/functions/${name}`, signal => getFunction(name, undefined, signal));
  if (isMissing(details))
    return (
      <Absent kind="function" name={name} crumbs={[['Functions', 'lambda/functions']]} resource={details} />
    );
  return (
    <Page
      title="Add trigger"
      crumbs={[
        ['Lambda', 'lambda/functions'],
        ['Functions', 'lambda/functions'],
        [name, link`lambda/functions/${name}`],
      ]}
    >
      <Problem error={details.error} retry={details.reload} />
      {details.data ? (
        <TriggerForm configuration={details.data.Configuration} />
      ) : (
        details.loading && <Loading />
      )}
    </Page>
  );
}

function TriggerForm({ configuration }: { configuration: FunctionConfiguration }) {
  const { FunctionName: name, FunctionArn, Role, Timeout } = configuration;
  const [source, setSource] = useState<Source | ''>('');
  const [sourceArn, setArn] = useState('');
  const [form, setForm] = useState<MappingForm>(newForm('sqs'));
  const [enabled, setEnabled] = useState(true);
  const [position, setPosition] = useState('LATEST');
  const [error, setError] = useState<unknown>();
  const page = link`lambda/functions/${name}`;

  const choose = (next: Source | '') => {
    setSource(next);
    setArn('');
    setError(undefined);
    if (next === 'sqs' || next === 'dynamodb') setForm(newForm(next));
  };
  const add = async () => {
    setError(undefined);
    try {
      if (source === 'sns') await subscribeFunction(name, FunctionArn, sourceArn);
      else if (source)
        await createMapping({
          FunctionName: name,
          EventSourceArn: sourceArn,
          Enabled: enabled,
          ...(source === 'dynamodb' && { StartingPosition: position }),
          ...settingsOf(form, source),
        });
      flash(
        'good',
        `The trigger ${resourceName(sourceArn)} was successfully added to function ${name}. ` +
          'The function is now receiving events from the trigger.',
      );
      navigate(`${page}?tab=configuration&section=triggers`);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Form
      label="Add trigger"
      submit="Add"
      cancel={() => navigate(page)}
      disabled={!source || !sourceArn}
      onSubmit={add}
    >
      <Panel title="Trigger configuration">
        <Select
          label="Source"
          value={source}
          options={SOURCES}
          onChange={value => choose(value as Source | '')}
        />
        {source && <SourceChoice key={source} source={source} value={sourceArn} onChange={setArn} />}
        {source === 'sqs' && sourceArn && (
          <Advice queueArn={sourceArn} timeoutSeconds={Timeout} mapping={settingsOf(form, 'sqs')} />
        )}
        {source === 'sns' && (
          <Notice>
            Lambda adds to the function&apos;s policy that this topic may invoke it, and subscribes the
            function.
          </Notice>
        )}
        {(source === 'sqs' || source === 'dynamodb') && (
          <>
            {source === 'dynamodb' && (
              <Select
                label="Starting position"
                value={position}
                options={[
                  { value: 'LATEST', label: 'Latest' },
                  { value: 'TRIM_HORIZON', label: 'Trim horizon' },
                ]}
                onChange={setPosition}
              />
            )}
            <Checkbox label="Activate trigger" checked={enabled} onChange={setEnabled} />
            <MappingFields kind={source} form={form} onChange={setForm} />
          </>
        )}
      </Panel>
      <Refusal error={error} sourceArn={sourceArn} roleArn={Role} tryAgain={add} onError={setError} />
    </Form>
  );
}

interface ChoiceProps {
  source: Source;
  value: string;
  onChange: (arn: string) => void;
}

const CHOICES: Record<Source, { label: string; arnLabel: string; hint?: string }> = {
  sqs: { label: 'SQS queue', arnLabel: 'SQS queue ARN' },
  dynamodb: {
    label: 'DynamoDB table',
    arnLabel: 'Stream ARN',
    hint: 'Tables with a stream: turn it on at the table, under Exports and streams.',
  },
  sns: { label: 'SNS topic', arnLabel: 'SNS topic ARN' },
};

async function sourcesPage(
  source: Source,
  token: string | undefined,
  signal: AbortSignal,
): Promise<PageOf<string>> {
  if (source === 'sns') return topicsPage(token, signal);
  if (source === 'sqs') {
    const { items, next } = await listQueues(token, undefined, signal);
    return { items: items.map(url => arn('sqs', queueName(url))), next };
  }
  const { items, next } = await streamsPage(token, signal);
  return { items: items.map(stream => stream.StreamArn), next };
}

function SourceChoice({ source, value, onChange }: ChoiceProps) {
  const arns = useChoices(
    `lambda/sources/${source}`,
    (token, signal) => sourcesPage(source, token, signal),
    one => ({ value: one, label: resourceName(one) }),
  );
  return <ArnChoice {...CHOICES[source]} value={value} choices={arns} onChange={onChange} />;
}

interface RefusalProps {
  error: unknown;
  sourceArn: string;
  roleArn: string;
  tryAgain: () => Promise<void>;
  onError: (error: unknown) => void;
}

/** AWS's refusal; when the role may not read the source, beside it the button that lets it. */
function Refusal({ error, sourceArn, roleArn, tryAgain, onError }: RefusalProps) {
  const refused = error instanceof AwsError ? refusedSource(error.message) : undefined;
  if (!refused) return <Problem error={error} />;
  const needed = neededPolicies(refused, sourceArn);
  const allow = async () => {
    try {
      await allowReading(roleArn, needed);
      await tryAgain();
    } catch (failure) {
      onError(failure);
    }
  };
  return (
    <>
      <Problem error={error} />
      <Notice>
        <Button kind="primary" onClick={allow}>
          Allow this function to read {resourceName(sourceArn)}
        </Button>
        <p>It adds to the role {roleName(roleArn)}, and adds the trigger again:</p>
        <ul class="advice">
          {needed.map(policy => (
            <li key={policy.name}>
              <strong>{policy.name}</strong>: {[policy.action].flat().join(', ')} on{' '}
              <span class="mono">{policy.resource}</span>
            </li>
          ))}
        </ul>
      </Notice>
    </>
  );
}
