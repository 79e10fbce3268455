/** IAM › Policies › Create policy. */
import { useState } from 'preact/hooks';

import { createPolicy } from '../../api/iam';
import { link, navigate } from '../../router';
import { Form, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { jsonMarks } from '../../ui/json_marks';
import { Page, Panel } from '../../ui/layout';
import { crumbsOf } from './nav';
import { PolicyEditor } from './policy_editor';
import { documentText } from './policy_text';

export default function CreatePolicy() {
  const [document, setDocument] = useState(
    documentText({ Sid: 'Statement1', Effect: 'Allow', Action: [], Resource: [] }),
  );
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [error, setError] = useState<unknown>();
  const create = async () => {
    setError(undefined);
    try {
      const { Arn } = await createPolicy({
        PolicyName: name,
        PolicyDocument: document,
        ...(description && { Description: description }),
      });
      flash('good', `Policy ${name} created.`);
      navigate(link`iam/policies/${Arn}`);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Page title="Create policy" crumbs={crumbsOf('Policies')}>
      <Form
        label="Create policy"
        submit="Create policy"
        cancel={() => navigate('iam/policies')}
        disabled={jsonMarks(document).length > 0}
        onSubmit={create}
      >
        <Panel title="Specify permissions" description="Policy editor: JSON">
          <PolicyEditor value={document} onChange={setDocument} error={error} />
        </Panel>
        <Panel title="Policy details">
          <TextField
            label="Policy name"
            hint="1 to 128 letters, digits and +=,.@-_"
            value={name}
            onInput={setName}
            required
          />
          <TextField label="Description" optional value={description} onInput={setDescription} />
        </Panel>
      </Form>
    </Page>
  );
}
