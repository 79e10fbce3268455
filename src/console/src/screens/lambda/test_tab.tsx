/** Test a function: with an event of a template, one that was kept, or one made of a real message. */
import { useState } from 'preact/hooks';

import { invokeFunction, type Invocation } from '../../api/lambda';
import type { FunctionDetails } from '../../api/lambda';
import { Button, RadioGroup, Select, TextField } from '../../ui/controls';
import { Code } from '../../ui/code';
import { pretty } from '../../ui/format';
import { jsonMarks } from '../../ui/json_marks';
import { Facts, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { RealMessage } from './real_message';
import {
  forgetEvent,
  functionErrorOf,
  keepEvent,
  keptEvents,
  reportOf,
  TEMPLATES,
  type TestEvent,
} from './test_events';

export function TestTab({ details }: { details: FunctionDetails }) {
  const { FunctionName: name, FunctionArn: arn } = details.Configuration;
  const [body, setBody] = useState(() => keptEvents(arn)[0]?.body ?? TEMPLATES[0]!.body());
  const [result, setResult] = useState<Invocation>();
  const [error, setError] = useState<unknown>();
  const marks = jsonMarks(body);

  const test = async () => {
    setError(undefined);
    setResult(undefined);
    try {
      setResult(await invokeFunction(name, body));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <Problem error={error} />
      {result && <Result result={result} group={details.Configuration.LoggingConfig?.LogGroup} />}
      <Panel
        title="Test event"
        description="To invoke your function without saving an event, change the event, then choose Test."
        actions={
          <>
            <Button disabled={marks.length > 0} onClick={() => setBody(pretty(body))}>
              Format JSON
            </Button>
            <Button kind="primary" disabled={marks.length > 0} onClick={test}>
              Test
            </Button>
          </>
        }
      >
        <EventChoice functionArn={arn} body={body} onBody={setBody} />
        <Code label="Event JSON" value={body} language="json" onChange={setBody} marks={marks} />
        {marks[0] && (
          <p class="field-error">
            Line {marks[0].line}, column {marks[0].column}: {marks[0].message}
          </p>
        )}
      </Panel>
    </>
  );
}

interface ChoiceProps {
  functionArn: string;
  body: string;
  onBody: (body: string) => void;
}

function EventChoice({ functionArn, body, onBody }: ChoiceProps) {
  const [kept, setKept] = useState(() => keptEvents(functionArn));
  const [action, setAction] = useState<'new' | 'saved'>(kept.length > 0 ? 'saved' : 'new');
  const [name, setName] = useState(kept[0]?.name ?? '');
  const [template, setTemplate] = useState(TEMPLATES[0]!.id);
  const [peeking, setPeeking] = useState(false);
  const choose = (event: TestEvent | undefined) => {
    setName(event?.name ?? '');
    if (event) onBody(event.body);
  };
  const start = (id: string) => {
    setTemplate(id);
    onBody(TEMPLATES.find(one => one.id === id)!.body());
  };
  const save = () => {
    setKept(keepEvent(functionArn, { name, body }));
    setAction('saved');
  };
  const forget = () => {
    const rest = forgetEvent(functionArn, name);
    setKept(rest);
    choose(rest[0]);
    if (rest.length === 0) setAction('new');
  };
  return (
    <>
      <RadioGroup
        legend="Test event action"
        value={action}
        options={[
          { value: 'new', label: 'Create new event' },
          { value: 'saved', label: 'Edit saved event', disabled: kept.length === 0 },
        ]}
        onChange={value => {
          setAction(value as 'new' | 'saved');
          choose(value === 'saved' ? kept[0] : undefined);
        }}
      />
      <div class="row">
        {action === 'saved' ? (
          <Select
            label="Event name"
            value={name}
            options={kept.map(event => event.name)}
            onChange={chosen => choose(kept.find(event => event.name === chosen))}
          />
        ) : (
          <>
            <TextField label="Event name" value={name} onInput={setName} placeholder="MyEventName" />
            <Select
              label="Template"
              value={template}
              options={TEMPLATES.map(one => ({ value: one.id, label: one.label }))}
              onChange={start}
            />
          </>
        )}
        <Button disabled={!name} onClick={save}>
          Save
        </Button>
        {action === 'saved' && (
          <Button kind="danger" label={`Delete event ${name}`} onClick={forget}>
            Delete
          </Button>
        )}
        <Button onClick={() => setPeeking(true)}>From a real message</Button>
      </div>
      {peeking && <RealMessage onEvent={onBody} onClose={() => setPeeking(false)} />}
    </>
  );
}

function Result({ result, group }: { result: Invocation; group?: string }) {
  const report = reportOf(result.log);
  const failure = result.functionError ? functionErrorOf(result.payload) : undefined;
  return (
    <section
      class={`notice result notice-${result.functionError ? 'bad' : 'good'}`}
      aria-label="Execution result"
      role="status"
    >
      <h2>Executing function: {result.functionError ? 'failed' : 'succeeded'}</h2>
      {failure && (
        <p>
          <strong>{failure.errorType}</strong> {failure.errorMessage}
        </p>
      )}
      {failure && failure.stack.length > 0 && <pre aria-label="Stack trace">{failure.stack.join('\n')}</pre>}
      {!failure && <pre aria-label="Result">{pretty(result.payload)}</pre>}
      <h3>Summary</h3>
      <Facts
        facts={[
          ['Duration', report.duration],
          ['Billed duration', report.billed],
          ['Init duration', report.initDuration],
          ['Resources configured', report.memorySize],
          ['Max memory used', report.memoryUsed],
          ['Request ID', result.requestId],
          ['Executed version', result.version],
          ['Log group', group],
        ]}
      />
      <h3>Log output</h3>
      <pre class="log" aria-label="Log output" tabIndex={0}>
        {result.log || 'The function wrote no log.'}
      </pre>
    </section>
  );
}
