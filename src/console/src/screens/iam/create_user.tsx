/** IAM › Users › Create user. */
import { useState } from 'preact/hooks';

import { attachPolicy, createUser } from '../../api/iam';
import { link, navigate } from '../../router';
import { Form, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { crumbsOf } from './nav';
import { PolicyChoice } from './policy_choice';

export default function CreateUser() {
  const [name, setName] = useState('');
  const [policies, setPolicies] = useState<Set<string>>(new Set());
  const [error, setError] = useState<unknown>();
  const create = async () => {
    setError(undefined);
    try {
      await createUser(name);
      for (const arn of policies) await attachPolicy('User', name, arn);
      flash('good', `User ${name} created.`);
      navigate(link`iam/users/${name}`);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Page title="Create user" crumbs={crumbsOf('Users')}>
      <Form label="Create user" submit="Create user" cancel={() => navigate('iam/users')} onSubmit={create}>
        <Panel title="User details">
          <TextField
            label="User name"
            hint="1 to 64 letters, digits and +=,.@-_"
            value={name}
            onInput={setName}
            required
          />
        </Panel>
        <Panel title="Attach policies directly" count={`${policies.size} selected`}>
          <PolicyChoice chosen={policies} onChange={setPolicies} />
        </Panel>
        <Problem error={error} />
      </Form>
    </Page>
  );
}
