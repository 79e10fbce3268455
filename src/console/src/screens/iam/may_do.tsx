/** "What may this role do": by service, and for one request, with the statement that decides. */
import { useState } from 'preact/hooks';

import { explain, type Explanation, type OwnPolicy } from '../../api/iam';
import { arn } from '../../session';
import { Form, TextField } from '../../ui/controls';
import { Badge, Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { Grants } from './grants';
import { grantsOf } from './policy_text';

const ACTIONS = [
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sns:Publish',
  'dynamodb:PutItem',
  'dynamodb:GetItem',
  'dynamodb:Query',
  'lambda:InvokeFunction',
  'logs:PutLogEvents',
  'iam:PassRole',
  'sts:AssumeRole',
];

export function MayDo({ identity, policies }: { identity: string; policies: OwnPolicy[] }) {
  return (
    <>
      <Simulator identity={identity} />
      <Panel title="Permissions by service" description="What the policies say, statement by statement">
        <Grants label="Permissions by service" grants={grantsOf(policies)} />
      </Panel>
    </>
  );
}

function Simulator({ identity }: { identity: string }) {
  const [action, setAction] = useState('');
  const [resource, setResource] = useState('');
  const [answer, setAnswer] = useState<Explanation>();
  const [error, setError] = useState<unknown>();
  const simulate = async () => {
    setError(undefined);
    setAnswer(undefined);
    try {
      setAnswer(await explain(identity, action, resource));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Panel
      title="Simulate a request"
      description="As the server decides it: with the resource's own policy, its tags, and the permissions boundary"
    >
      <Form label="Simulate a request" submit="Simulate" onSubmit={simulate}>
        <div class="row">
          <TextField
            label="Action"
            placeholder="sqs:ReceiveMessage"
            list={ACTIONS}
            value={action}
            onInput={setAction}
            required
            mono
          />
          <TextField
            label="Resource"
            placeholder={arn('sqs', 'OrderQueue')}
            value={resource}
            onInput={setResource}
            required
            mono
          />
        </div>
        <Problem error={error} />
      </Form>
      {answer && <Answer answer={answer} />}
    </Panel>
  );
}

function Answer({ answer }: { answer: Explanation }) {
  return (
    <div class={`notice answer notice-${answer.allowed ? 'good' : 'bad'}`}>
      <p role="status">
        <Badge tone={answer.allowed ? 'good' : 'bad'}>{answer.allowed ? 'allowed' : 'denied'}</Badge>{' '}
        {answer.reason}
      </p>
      <Facts
        facts={[
          ['Deciding policy', answer.policy],
          [
            'Deciding statement',
            answer.statement && `${answer.statement}${answer.sid ? ` (${answer.sid})` : ''}`,
          ],
          ['Looked at', answer.lookedAt.join(', ') || 'no policy'],
          ['Resource', answer.resourceFound ? 'exists' : 'does not exist'],
          ...(answer.unsuppliedKeys
            ? ([['Condition keys that no service supplies', answer.unsuppliedKeys.join(', ')]] as [
                string,
                string,
              ][])
            : []),
        ]}
      />
    </div>
  );
}
