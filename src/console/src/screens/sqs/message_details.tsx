/** One message: its body, its attributes, and its way here. */
import { lastAttempt } from '../../api/traces';
import { queueName, type Message } from '../../api/sqs';
import { Link, link } from '../../router';
import { Dialog } from '../../ui/dialog';
import { pretty, Time } from '../../ui/format';
import { Copy, Facts, Notice } from '../../ui/layout';
import { useResource } from '../../ui/resource';

export function MessageDetails({ message, onClose }: { message: Message; onClose: () => void }) {
  const why = useResource(`message/${message.MessageId}`, signal => lastAttempt(message.MessageId, signal));
  const { Attributes: attributes } = message;
  const source = attributes.DeadLetterQueueSourceArn;
  return (
    <Dialog title="Message" onClose={onClose} wide>
      <Facts
        facts={[
          ['ID', <Copy text={message.MessageId} />],
          ['Sent', <Time at={attributes.SentTimestamp} />],
          ['First received', <Time at={attributes.ApproximateFirstReceiveTimestamp} />],
          ['Receive count', attributes.ApproximateReceiveCount],
          ['Sender', attributes.SenderId],
          ['Message group ID', attributes.MessageGroupId],
          ['Message deduplication ID', attributes.MessageDeduplicationId],
          [
            'Came from',
            source && <Link to={link`sqs/queues/${queueName(source)}`}>{queueName(source)}</Link>,
          ],
        ]}
      />
      {why.data && (
        <Notice tone={why.data.reason ? 'warn' : 'note'}>
          {why.data.reason && <p>{why.data.reason}</p>}
          <Link to={link`traces/${why.data.traceId}`}>Its whole way</Link>
        </Notice>
      )}
      <h3>Body</h3>
      <pre>{pretty(message.Body)}</pre>
      {message.MessageAttributes && (
        <>
          <h3>Attributes</h3>
          <table class="whole">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Type</th>
                <th scope="col">Value</th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(message.MessageAttributes).map(([name, value]) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td>{value.DataType}</td>
                  <td class="mono">{value.StringValue ?? value.BinaryValue}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Dialog>
  );
}
