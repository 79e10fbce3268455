/** Add permissions › Attach policies, to a role or a user. */
import { useState } from 'preact/hooks';

import { attachPolicy, policiesOf, type Kind } from '../../api/iam';
import { link, navigate, type Params } from '../../router';
import { Form } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { crumbsOf } from './nav';
import { PolicyChoice } from './policy_choice';

export function AttachToRole({ name = '' }: Params) {
  return <AttachPolicies kind="Role" name={name} page={link`iam/roles/${name}`} />;
}

export function AttachToUser({ name = '' }: Params) {
  return <AttachPolicies kind="User" name={name} page={link`iam/users/${name}`} />;
}

function AttachPolicies({ kind, name, page }: { kind: Kind; name: string; page: string }) {
  const own = useResource(`iam/${page}/policies`, signal => policiesOf(kind, name, signal));
  const [chosen, setChosen] = useState<Set<string>>(new Set());
  const [error, setError] = useState<unknown>();
  const attach = async () => {
    try {
      for (const arn of chosen) await attachPolicy(kind, name, arn);
      flash('good', `Policies have been attached to ${name}.`);
      navigate(page);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Page title={`Attach policies to ${name}`} crumbs={crumbsOf(`${kind}s`, [name, page])}>
      <Problem error={own.error} />
      <Form
        label="Attach policies"
        submit="Add permissions"
        cancel={() => navigate(page)}
        disabled={chosen.size === 0}
        onSubmit={attach}
      >
        <Panel title="Other permissions policies" count={`${chosen.size} selected`}>
          <PolicyChoice
            chosen={chosen}
            onChange={setChosen}
            without={(own.data ?? []).flatMap(policy => policy.arn ?? [])}
          />
        </Panel>
        <Problem error={error} />
      </Form>
    </Page>
  );
}
