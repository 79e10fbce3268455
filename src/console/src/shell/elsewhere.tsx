/** With --auth open: the address names another account than that of this tab's session. */
import { useState } from 'preact/hooks';

import { account, caller } from '../session';
import { Button } from '../ui/controls';
import { Notice, Panel } from '../ui/layout';
import { Problem } from '../ui/problem';
import { elsewhere, stay, switchAccount } from './start';

export function Elsewhere() {
  const [error, setError] = useState<unknown>();
  const to = elsewhere.value.account;
  return (
    <main class="sign-in">
      <h1>This page belongs to another account</h1>
      <Panel>
        <Notice>
          <p>
            You are signed in as <strong>{caller.value}</strong> in account <strong>{account.value}</strong>.
            This page belongs to account <strong>{to}</strong>. If you switch, your session ends, and you are
            the administrator of that account.
          </p>
        </Notice>
        <Problem error={error} />
        <div class="form-actions">
          <Button onClick={stay}>Stay in account {account.value}</Button>
          <Button kind="primary" onClick={() => switchAccount().catch(setError)}>
            Switch to account {to}
          </Button>
        </div>
      </Panel>
    </main>
  );
}
