import { Badge, type Tone } from '../../ui/layout';

const TONES: Record<string, Tone> = {
  ok: 'good',
  'filtered-out': 'note',
  throttled: 'warn',
  expired: 'warn',
};

export function Verdict({ verdict }: { verdict: string }) {
  return <Badge tone={TONES[verdict] ?? 'bad'}>{verdict}</Badge>;
}
