/** With --auth strict: an access key and its secret.  With --auth open, nobody sees this page for long. */
import { useState } from 'preact/hooks';

import { realmAsked } from '../router';
import { DEFAULT_REGION, server } from '../session';
import { Form, TextField } from '../ui/controls';
import { Loading, Notice, Panel } from '../ui/layout';
import { Problem } from '../ui/problem';
import { signIn, stage, start, startProblem } from './start';

export function SignIn() {
  const [accessKeyId, setId] = useState('');
  const [secretAccessKey, setSecret] = useState('');
  const [sessionToken, setToken] = useState('');
  const [region, setRegion] = useState(realmAsked().region ?? server.value?.region ?? DEFAULT_REGION);
  const [error, setError] = useState<unknown>();

  if (startProblem.value)
    return (
      <main class="sign-in">
        <h1>Orderly</h1>
        <Problem error={startProblem.value} retry={start} />
      </main>
    );
  if (stage.value === 'starting')
    return (
      <main class="sign-in">
        <h1 class="visually-hidden">Orderly</h1>
        <Loading />
      </main>
    );
  const submit = async () => {
    try {
      await signIn({ accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }, region);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <main class="sign-in">
      <h1>Sign in to Orderly</h1>
      <Panel>
        <Form label="Sign in" submit="Sign in" onSubmit={submit}>
          <TextField label="Access key ID" value={accessKeyId} onInput={setId} required mono />
          <TextField
            label="Secret access key"
            type="password"
            value={secretAccessKey}
            onInput={setSecret}
            required
            mono
          />
          <TextField label="Session token" optional value={sessionToken} onInput={setToken} mono />
          <TextField label="Region" value={region} onInput={setRegion} required />
          <Problem error={error} />
        </Form>
        <Notice>The key stays in this tab, and is forgotten when the tab is closed.</Notice>
      </Panel>
    </main>
  );
}
