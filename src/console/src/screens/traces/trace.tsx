/** One message's way, from its publish to its item or to the dead letters. */
import { hopsOf } from '../../api/traces';
import { search, setSearch, type Params } from '../../router';
import { Absent } from '../../ui/absent';
import { RadioGroup } from '../../ui/controls';
import { duration, Time } from '../../ui/format';
import { Copy, Facts, Page, Panel } from '../../ui/layout';
import { useResource } from '../../ui/resource';
import { StepDetails } from './step_details';
import { stepsOf } from './steps';
import { Verdict } from './verdict';
import { Waterfall } from './waterfall';

const ZOOMS = [
  { value: 'compact', label: 'Compact' },
  { value: 'timeline', label: 'Timeline' },
  { value: 'everything', label: 'Everything' },
];

export default function TracePage({ id = '' }: Params) {
  const found = useResource(`trace/${id}`, signal => hopsOf(id, signal), {
    on: ({ event }) => event === 'traces',
  });
  if (!found.data)
    return <Absent kind="trace" name={id} crumbs={[['Orders and traces', 'traces']]} resource={found} />;
  const hops = found.data;
  const zoom = search.value.get('zoom') ?? 'compact';
  const steps = stepsOf(hops, zoom === 'compact');
  const chosen = steps.find(step => step.hop.id === search.value.get('step'));
  const began = steps[0]?.beganMs ?? 0;
  const ended = Math.max(...steps.map(step => step.endedMs), began);
  const worst = steps.findLast(step => step.verdict !== 'ok');
  return (
    <Page title="One message's way" crumbs={[['Orders and traces', 'traces']]}>
      <Panel>
        <Facts
          facts={[
            ['Trace', <Copy text={id} />],
            ['Began', <Time at={began} />],
            ['Took', duration(ended - began)],
            ['Steps', hops.length],
            ['Last that was not ok', worst ? <Verdict verdict={worst.verdict} /> : 'none'],
          ]}
        />
      </Panel>
      <div class={chosen ? 'split' : undefined}>
        <Panel
          title="Steps"
          actions={
            <RadioGroup
              inline
              legend="Zoom"
              value={zoom}
              options={ZOOMS}
              onChange={value => setSearch({ zoom: value === 'compact' ? undefined : value })}
            />
          }
        >
          <Waterfall
            steps={steps}
            chosen={chosen?.hop.id}
            onChoose={step => setSearch({ step: step === chosen?.hop.id ? undefined : step })}
          />
        </Panel>
        {chosen && <StepDetails key={chosen.hop.id} step={chosen} />}
      </div>
      {zoom === 'everything' && (
        <Panel title="All hops" description="As GET /_orderly/traces/ID tells them">
          <pre>{JSON.stringify(hops, null, 2)}</pre>
        </Panel>
      )}
    </Page>
  );
}
