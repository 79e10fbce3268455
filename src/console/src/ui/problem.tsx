/** An error in its place on the page; for a denial, which statement decided. */
import { useState } from 'preact/hooks';

import { orderly } from '../api/client';
import { AwsError, errorText } from '../api/errors';
import { caller } from '../session';
import { Button } from './controls';

interface Explanation {
  allowed: boolean;
  reason: string;
  statement?: number;
  sid?: string;
  policy?: string;
  lookedAt: string[];
}

/** AWS's denials name the action and, mostly, the resource: "… not authorized to perform: A on resource: R because …". */
function deniedRequest(message: string): { action: string; resource: string } | undefined {
  const found = /not authorized to perform:? ([\w-]+:\w+)(?: on resource:? (\S+))?/.exec(message);
  return found ? { action: found[1]!, resource: found[2]?.replace(/[.,]$/, '') ?? '*' } : undefined;
}

export function Problem({ error, retry }: { error: unknown; retry?: () => unknown }) {
  if (!error) return null;
  return (
    <div class="notice notice-bad" role="alert">
      <p>{errorText(error)}</p>
      {error instanceof AwsError && error.denied && <Why error={error} />}
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

function Why({ error }: { error: AwsError }) {
  const [answer, setAnswer] = useState<Explanation | string>();
  const request = deniedRequest(error.message) ?? { action: error.action, resource: '*' };
  const ask = async () => {
    try {
      const form = new URLSearchParams({ ...request, as: caller.value });
      setAnswer(await orderly<Explanation>('GET', `/_orderly/iam/explain?${form}`));
    } catch (failure) {
      setAnswer(errorText(failure));
    }
  };
  if (!answer) return <Button onClick={ask}>Why?</Button>;
  if (typeof answer === 'string') return <p>{answer}</p>;
  return (
    <div>
      <p>{answer.reason}</p>
      <p class="hint">
        {request.action} on {request.resource}, as {caller.value}. Looked at:{' '}
        {answer.lookedAt.join(', ') || 'no policy'}.
      </p>
    </div>
  );
}
