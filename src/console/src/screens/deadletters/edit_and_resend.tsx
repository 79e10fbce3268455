/** Correct a dead letter, and send it back to the queue that it came from. */
import { useState } from 'preact/hooks';

import { queueName, redrivePeeked } from '../../api/sqs';
import { lastAttempt } from '../../api/traces';
import { Code } from '../../ui/code';
import { Button } from '../../ui/controls';
import { Dialog } from '../../ui/dialog';
import { flash } from '../../ui/flash';
import { pretty } from '../../ui/format';
import { Notice } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { bodyOf, type DeadLetter } from './dead_letters';

/** The body with another message in it: a topic's envelope stays as it is, but its signature no longer fits. */
function withMessage(body: string, message: string): string {
  try {
    const envelope = JSON.parse(body) as { Type?: string };
    if (envelope.Type === 'Notification') return JSON.stringify({ ...envelope, Message: message });
  } catch {
    // The body is the message.
  }
  return message;
}

export function EditAndResend({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const why = useResource(`why/${letter.MessageId}`, signal => lastAttempt(letter.MessageId, signal));
  const [text, setText] = useState(() => pretty(bodyOf(letter)));
  const [error, setError] = useState<unknown>();
  const source = letter.Attributes.DeadLetterQueueSourceArn;
  const resend = async () => {
    try {
      const Body = withMessage(letter.Body, text);
      await redrivePeeked(letter.queueUrl, [{ ReceiptHandle: letter.ReceiptHandle, Body }]);
      flash('good', `Corrected, and sent back to ${source ? queueName(source) : 'its queue'}`);
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog
      title="Edit and resend"
      onClose={onClose}
      wide
      actions={
        <>
          <Button kind="link" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" onClick={resend}>
            Resend
          </Button>
        </>
      }
    >
      {why.data?.reason && <Notice tone="warn">{why.data.reason}</Notice>}
      {letter.Body !== bodyOf(letter) && (
        <p class="hint">
          A topic has sent this message: you edit what was published. The envelope's signature no longer fits.
        </p>
      )}
      <Code label="Message" language="json" value={text} onChange={setText} />
      <Problem error={error} />
    </Dialog>
  );
}
