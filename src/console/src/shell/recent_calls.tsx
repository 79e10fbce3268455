/** What was clicked, as commands of the AWS CLI. */
import { recent } from '../api/recent';
import { Dialog } from '../ui/dialog';
import { duration } from '../ui/format';
import { Badge, Copy, Empty } from '../ui/layout';

export function RecentCalls({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Your clicks, as CLI commands" onClose={onClose} wide>
      <p class="hint">
        The newest first. Each command does what the console did, with the endpoint and key of your shell.
      </p>
      {recent.value.length === 0 && <Empty title="No calls yet" />}
      <ul class="results">
        {recent.value.map((call, i) => (
          <li key={recent.value.length - i}>
            <Copy text={call.command} />{' '}
            {call.error ? (
              <Badge tone="bad">{call.error}</Badge>
            ) : (
              <Badge>{duration(call.milliseconds)}</Badge>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
