/** What people should know about a queue and its function before messages are lost or come twice. */
import { changed } from '../../api/events';
import { queueFacts, type MappingSettings } from '../../api/lambda_triggers';
import { Link, link } from '../../router';
import { nameOf } from '../../ui/format';
import { Notice } from '../../ui/layout';
import { useResource } from '../../ui/resource';
import { triggerAdvice } from './trigger_advice';

interface AdviceProps {
  queueArn: string;
  timeoutSeconds: number;
  mapping: MappingSettings;
}

/** Nothing while the queue is not known: the trigger's own refusal says what is wrong then. */
export function Advice({ queueArn, timeoutSeconds, mapping }: AdviceProps) {
  const known = /^arn:aws:sqs:[\w-]+:\d{12}:.+$/.test(queueArn);
  const facts = useResource(known ? `lambda/queue/${queueArn}` : '', signal => queueFacts(queueArn, signal), {
    on: changed('sqs'),
  });
  const advice = facts.data ? triggerAdvice(mapping, facts.data, timeoutSeconds) : [];
  if (advice.length === 0) return null;
  return (
    <Notice tone="warn">
      <ul class="advice">
        {advice.map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Link to={link`sqs/queues/${nameOf(queueArn)}`}>{`Open ${nameOf(queueArn)}`}</Link>
    </Notice>
  );
}
