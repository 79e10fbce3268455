/** The rows of a waterfall, made from hops. */
import type { Hop } from '../../api/traces';

export interface Step {
  /** The first of the hops that this step stands for. */
  hop: Hop;
  /** So many hops of the same kind at the same place follow each other, in the compact view. */
  times: number;
  beganMs: number;
  endedMs: number;
  verdict: string;
  reason?: string;
  /** Milliseconds in which nothing happened before this step. */
  gapMs: number;
}

/** Shorter waits are not worth a row. */
const GAP_MILLISECONDS = 500;

/** An invocation and its return are one bar. */
export function stepsOf(hops: Hop[], compact: boolean): Step[] {
  const returned = new Map(
    hops.filter(hop => hop.kind === 'returned' && hop.parent).map(hop => [hop.parent!, hop]),
  );
  const steps: Step[] = [];
  for (const hop of hops) {
    if (
      hop.kind === 'returned' &&
      hop.parent &&
      hops.some(({ id, kind }) => id === hop.parent && kind === 'invoked')
    )
      continue;
    const end = hop.kind === 'invoked' ? returned.get(hop.id) : undefined;
    const step: Step = {
      hop,
      times: 1,
      beganMs: end ? end.atMs - end.durationMs : hop.atMs,
      endedMs: end ? end.atMs : hop.atMs + hop.durationMs,
      verdict: end ? end.verdict : hop.verdict,
      reason: end?.reason ?? hop.reason,
      gapMs: 0,
    };
    steps.push(step);
  }
  steps.sort((a, b) => a.beganMs - b.beganMs);
  return withGaps(compact ? merged(steps) : steps);
}

/** Steps that follow each other and say the same are one. */
function merged(steps: Step[]): Step[] {
  const kept: Step[] = [];
  for (const step of steps) {
    const last = kept.at(-1);
    if (last && isSame(last, step)) {
      last.times++;
      last.endedMs = Math.max(last.endedMs, step.endedMs);
    } else {
      kept.push(step);
    }
  }
  return kept;
}

function isSame(a: Step, b: Step): boolean {
  return (
    a.hop.kind === b.hop.kind &&
    a.hop.resource === b.hop.resource &&
    a.hop.attempt === b.hop.attempt &&
    a.verdict === b.verdict
  );
}

function withGaps(steps: Step[]): Step[] {
  let ended = steps[0]?.beganMs ?? 0;
  for (const step of steps) {
    const gap = step.beganMs - ended;
    step.gapMs = gap >= GAP_MILLISECONDS ? gap : 0;
    ended = Math.max(ended, step.endedMs);
  }
  return steps;
}

/** Where in a line of time that leaves out the gaps a moment is, from 0 to 1. */
export function scaleOf(steps: Step[]): (ms: number) => number {
  const began = steps[0]?.beganMs ?? 0;
  const ended = Math.max(...steps.map(step => step.endedMs), began);
  const gaps = steps.filter(step => step.gapMs > 0);
  const whole = Math.max(ended - began - gaps.reduce((sum, step) => sum + step.gapMs, 0), 1);
  return ms => {
    const left = gaps.filter(step => step.beganMs <= ms).reduce((sum, step) => sum + step.gapMs, 0);
    return Math.min(Math.max((ms - began - left) / whole, 0), 1);
  };
}
