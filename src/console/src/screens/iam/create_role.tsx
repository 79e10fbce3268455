/** IAM › Roles › Create role: select trusted entity; add permissions; name, review, and create. */
import { useState } from 'preact/hooks';

import { attachPolicy, createRole, type Tag } from '../../api/iam';
import { link, navigate } from '../../router';
import { account } from '../../session';
import { Button, Form, Pairs, RadioGroup, Select, TextField } from '../../ui/controls';
import { Code } from '../../ui/code';
import { flash } from '../../ui/flash';
import { nameOf } from '../../ui/format';
import { jsonMarks } from '../../ui/json_marks';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { crumbsOf } from './nav';
import { PolicyChoice } from './policy_choice';
import { PolicyEditor } from './policy_editor';
import { documentText, trustOfService } from './policy_text';

type Entity = 'service' | 'account' | 'custom';

const STEPS = ['Select trusted entity', 'Add permissions', 'Name, review, and create'];

const USE_CASES = [
  { value: 'lambda.amazonaws.com', label: 'Lambda' },
  { value: 'sns.amazonaws.com', label: 'SNS' },
  { value: 'events.amazonaws.com', label: 'EventBridge' },
  { value: 'logs.amazonaws.com', label: 'CloudWatch Logs' },
  { value: 'ec2.amazonaws.com', label: 'EC2' },
];

interface Trust {
  entity: Entity;
  service: string;
  account: string;
  custom: string;
}

function trustDocument(trust: Trust): string {
  if (trust.entity === 'service') return trustOfService(trust.service);
  if (trust.entity === 'custom') return trust.custom;
  return documentText({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${trust.account}:root` },
    Action: 'sts:AssumeRole',
  });
}

export default function CreateRole() {
  const [step, setStep] = useState(0);
  const [trust, setTrust] = useState<Trust>({
    entity: 'service',
    service: USE_CASES[0]!.value,
    account: account.value,
    custom: documentText({ Effect: 'Allow', Principal: {}, Action: 'sts:AssumeRole' }),
  });
  const [policies, setPolicies] = useState<Set<string>>(new Set());
  const [review, setReview] = useState<Review>({ name: '', description: '', tags: [] });
  const [error, setError] = useState<unknown>();
  const document = trustDocument(trust);

  const create = async () => {
    setError(undefined);
    try {
      await createWithPolicies(review, document, [...policies]);
      flash('good', `Role ${review.name} created.`);
      navigate(link`iam/roles/${review.name}`);
    } catch (failure) {
      setError(failure);
    }
  };
  const last = step === STEPS.length - 1;
  const next = async () => (last ? create() : setStep(step + 1));
  return (
    <Page title="Create role" crumbs={crumbsOf('Roles')}>
      <Steps step={step} onStep={setStep} />
      <Form
        label={STEPS[step]!}
        submit={last ? 'Create role' : 'Next'}
        cancel={() => navigate('iam/roles')}
        disabled={trust.entity === 'custom' && jsonMarks(trust.custom).length > 0}
        onSubmit={next}
      >
        {step === 0 && <TrustStep trust={trust} onChange={setTrust} />}
        {step === 1 && (
          <Panel title="Permissions policies" count={`${policies.size} selected`}>
            <PolicyChoice chosen={policies} onChange={setPolicies} />
          </Panel>
        )}
        {last && (
          <ReviewStep review={review} onChange={setReview} trust={document} policies={[...policies]} />
        )}
        <Problem error={error} />
      </Form>
    </Page>
  );
}

/** A role whose policies cannot be attached is there; the error says which one failed. */
async function createWithPolicies(review: Review, trust: string, policies: string[]): Promise<void> {
  await createRole({
    RoleName: review.name,
    AssumeRolePolicyDocument: trust,
    Description: review.description || undefined,
    Tags: review.tags.filter(tag => tag.Key),
  });
  for (const arn of policies) await attachPolicy('Role', review.name, arn);
}

function Steps({ step, onStep }: { step: number; onStep: (step: number) => void }) {
  return (
    <ol class="steps" aria-label="Steps">
      {STEPS.map((name, i) => (
        <li key={name} aria-current={i === step ? 'step' : undefined}>
          <span class="hint">Step {i + 1}</span>
          {i < step ? (
            <Button kind="link" onClick={() => onStep(i)}>
              {name}
            </Button>
          ) : (
            <span>{name}</span>
          )}
        </li>
      ))}
    </ol>
  );
}

function TrustStep({ trust, onChange }: { trust: Trust; onChange: (trust: Trust) => void }) {
  const set = (changes: Partial<Trust>) => onChange({ ...trust, ...changes });
  return (
    <Panel title="Trusted entity">
      <RadioGroup
        legend="Trusted entity type"
        tiles
        value={trust.entity}
        options={[
          {
            value: 'service',
            label: 'AWS service',
            hint: 'Lambda, SNS or another service acts for you in this account.',
          },
          { value: 'account', label: 'AWS account', hint: 'People and programs of this or another account.' },
          { value: 'custom', label: 'Custom trust policy', hint: 'Write the policy yourself.' },
        ]}
        onChange={entity => set({ entity: entity as Entity })}
      />
      {trust.entity === 'service' && (
        <Select
          label="Use case"
          hint="The service that takes this role"
          value={trust.service}
          options={USE_CASES}
          onChange={service => set({ service })}
        />
      )}
      {trust.entity === 'account' && (
        <TextField
          label="Account ID"
          hint="12 digits"
          value={trust.account}
          onInput={id => set({ account: id })}
          required
        />
      )}
      {trust.entity === 'custom' && (
        <PolicyEditor
          label="Custom trust policy"
          value={trust.custom}
          onChange={custom => set({ custom })}
          error={undefined}
          summary={false}
        />
      )}
    </Panel>
  );
}

interface Review {
  name: string;
  description: string;
  tags: Tag[];
}

interface ReviewProps {
  review: Review;
  onChange: (review: Review) => void;
  trust: string;
  policies: string[];
}

function ReviewStep({ review, onChange, trust, policies }: ReviewProps) {
  const set = (changes: Partial<Review>) => onChange({ ...review, ...changes });
  return (
    <>
      <Panel title="Role details">
        <TextField
          label="Role name"
          hint="1 to 64 letters, digits and +=,.@-_"
          value={review.name}
          onInput={name => set({ name })}
          required
        />
        <TextField
          label="Description"
          optional
          value={review.description}
          onInput={description => set({ description })}
        />
        <Pairs
          label="Tags"
          pairs={review.tags.map(tag => [tag.Key, tag.Value])}
          addLabel="Add new tag"
          onChange={pairs => set({ tags: pairs.map(([Key, Value]) => ({ Key, Value })) })}
        />
      </Panel>
      <Panel title="Trust policy">
        <Code label="Trust policy" language="json" value={trust} height="220px" />
      </Panel>
      <Panel title="Permissions policy summary" count={policies.length}>
        {policies.length === 0 ? (
          <p class="hint">No policies: the role may do nothing yet.</p>
        ) : (
          <ul class="plain">
            {policies.map(arn => (
              <li key={arn}>
                <strong>{nameOf(arn)}</strong> <span class="hint mono">{arn}</span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </>
  );
}
