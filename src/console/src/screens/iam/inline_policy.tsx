/** Create or edit an inline policy of a role or a user. */
import { useState } from 'preact/hooks';

import { inlineDocument, putInlinePolicy, type Kind } from '../../api/iam';
import { link, navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Form, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { pretty } from '../../ui/format';
import { jsonMarks } from '../../ui/json_marks';
import { Loading, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { crumbsOf } from './nav';
import { PolicyEditor } from './policy_editor';
import { documentText } from './policy_text';

const EMPTY = documentText({ Sid: 'Statement1', Effect: 'Allow', Action: [], Resource: [] });

export function OfRole({ name = '', policy }: Params) {
  return <InlinePolicy kind="Role" name={name} policy={policy} page={link`iam/roles/${name}`} />;
}

export function OfUser({ name = '', policy }: Params) {
  return <InlinePolicy kind="User" name={name} policy={policy} page={link`iam/users/${name}`} />;
}

interface InlineProps {
  kind: Kind;
  name: string;
  /** Without it, a new one. */
  policy?: string;
  page: string;
}

function InlinePolicy({ kind, name, policy, page }: InlineProps) {
  const before = useResource(policy ? `iam/${page}/inline/${policy}` : '', signal =>
    inlineDocument(kind, name, policy!, signal),
  );
  const title = policy ?? 'Create inline policy';
  if (isMissing(before))
    return (
      <Absent kind="policy" name={title} crumbs={crumbsOf(`${kind}s`, [name, page])} resource={before} />
    );
  return (
    <Page title={title} crumbs={crumbsOf(`${kind}s`, [name, page])}>
      <Problem error={before.error} retry={before.reload} />
      {policy && before.data === undefined ? (
        before.loading && <Loading />
      ) : (
        <Editor
          kind={kind}
          name={name}
          policy={policy}
          page={page}
          document={before.data === undefined ? EMPTY : pretty(before.data)}
        />
      )}
    </Page>
  );
}

function Editor({ kind, name, policy, page, document: first }: InlineProps & { document: string }) {
  const [document, setDocument] = useState(first);
  const [policyName, setPolicyName] = useState(policy ?? '');
  const [error, setError] = useState<unknown>();
  const save = async () => {
    setError(undefined);
    try {
      await putInlinePolicy(kind, name, policyName, document);
      flash('good', `Policy ${policyName} ${policy ? 'updated' : 'created'}.`);
      navigate(page);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Form
      label={policy ? 'Edit inline policy' : 'Create inline policy'}
      submit={policy ? 'Save changes' : 'Create policy'}
      cancel={() => navigate(page)}
      disabled={jsonMarks(document).length > 0}
      onSubmit={save}
    >
      <Panel title="Specify permissions" description="Policy editor: JSON">
        <PolicyEditor value={document} onChange={setDocument} error={error} />
      </Panel>
      <Panel title="Policy details">
        <TextField
          label="Policy name"
          hint="1 to 128 letters, digits and +=,.@-_"
          value={policyName}
          onInput={setPolicyName}
          disabled={policy !== undefined}
          required
        />
      </Panel>
    </Form>
  );
}
