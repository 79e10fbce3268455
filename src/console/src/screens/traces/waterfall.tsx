/** One bar for each step, under each other; waits are rows of their own, so that short steps stay visible. */
import { duration, nameOf } from '../../ui/format';
import { Badge } from '../../ui/layout';
import { scaleOf, type Step } from './steps';
import './traces.css';
import { Verdict } from './verdict';

interface WaterfallProps {
  steps: Step[];
  chosen?: string;
  onChoose: (id: string) => void;
}

export function Waterfall({ steps, chosen, onChoose }: WaterfallProps) {
  const at = scaleOf(steps);
  const began = steps[0]?.beganMs ?? 0;
  return (
    <ol class="waterfall" aria-label="Steps">
      {steps.map(step => {
        const left = at(step.beganMs) * 100;
        const width = Math.max(at(step.endedMs) * 100 - left, 0.6);
        return (
          <li key={step.hop.id}>
            {step.gapMs > 0 && <p class="gap">{duration(step.gapMs)} later</p>}
            <button
              type="button"
              class="step"
              aria-pressed={step.hop.id === chosen}
              onClick={() => onChoose(step.hop.id)}
            >
              <span class="step-when">{duration(step.beganMs - began)}</span>
              <span class="step-what">
                <strong>{step.hop.kind}</strong> {nameOf(step.hop.resource)}
                {step.times > 1 && <Badge>{`× ${step.times}`}</Badge>}
                {step.hop.attempt > 1 && <Badge tone="warn">{`attempt ${step.hop.attempt}`}</Badge>}
              </span>
              <span class="step-track" aria-hidden="true">
                <span
                  class={`step-bar verdict-${step.verdict}`}
                  style={{ left: `${left}%`, width: `${width}%` }}
                />
              </span>
              <span class="step-verdict">
                {step.endedMs > step.beganMs && (
                  <span class="hint">{duration(step.endedMs - step.beganMs)} </span>
                )}
                <Verdict verdict={step.verdict} />
              </span>
            </button>
            {step.reason && <p class="step-reason">{step.reason}</p>}
          </li>
        );
      })}
    </ol>
  );
}
