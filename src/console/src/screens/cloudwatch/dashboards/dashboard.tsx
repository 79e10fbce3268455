/** CloudWatch › Dashboards › one dashboard: its widgets.  Changes are a draft until "Save". */
import { useMemo, useState } from 'preact/hooks';

import { deleteDashboards, getDashboard, putDashboard } from '../../../api/dashboards';
import { reshaped } from '../../../api/events';
import { navigate, search, type Params } from '../../../router';
import { Absent, isMissing } from '../../../ui/absent';
import { Button } from '../../../ui/controls';
import { Confirm } from '../../../ui/dialog';
import { attempt, flash } from '../../../ui/flash';
import { Badge, Empty, Notice, Page } from '../../../ui/layout';
import { Menu, type MenuItem } from '../../../ui/menu';
import { Problem } from '../../../ui/problem';
import { useResource } from '../../../ui/resource';
import { useUnsaved } from '../../../unsaved';
import { bodyText, parseBody, placesOf, removed, replaced, withWidget, type Body, type Widget } from './body';
import { EditSource, NameDashboard } from './dashboard_dialogs';
import { TimeControls, useTurns } from './time_controls';
import { periodChoice, rangeOf } from './time_range';
import { VariableControls, useVariables } from './variable_controls';
import { applied, variablesOf } from './variables';
import { ManageVariables } from './variables_dialog';
import { WidgetBox } from './widget_box';
import { WidgetForm } from './widget_form';

import './dashboards.css';

const CRUMBS: [string, string][] = [
  ['CloudWatch', 'cloudwatch'],
  ['Dashboards', 'cloudwatch/dashboards'],
];

export default function DashboardPage({ name = '' }: Params) {
  const stored = useResource(`cloudwatch/dashboard/${name}`, signal => getDashboard(name, signal), {
    on: reshaped('cloudwatch'),
  });
  if (stored.data === undefined || isMissing(stored))
    return <Absent kind="dashboard" name={name} crumbs={CRUMBS} resource={stored} />;
  return <Dashboard name={name} stored={stored.data} reload={stored.reload} />;
}

interface DashboardProps {
  name: string;
  stored: string;
  reload: () => Promise<void>;
}

/** What is changed, from which stored text. */
interface Draft {
  body: Body;
  from: string;
}

type Asked = 'add' | 'variables' | 'source' | 'save as' | 'delete' | { edit: number };

function Dashboard({ name, stored, reload }: DashboardProps) {
  const [draft, setDraft] = useState<Draft>();
  useUnsaved(draft !== undefined);
  const [asked, setAsked] = useState<Asked>();
  const [error, setError] = useState<unknown>();
  const read = useMemo(() => readStored(stored), [stored]);
  const body = draft?.body ?? read.body;
  const change = (to: Body) => setDraft({ body: to, from: draft?.from ?? stored });
  const forget = () => {
    setDraft(undefined);
    setError(undefined);
  };
  const save = async () => {
    setError(undefined);
    try {
      await putDashboard(name, bodyText(body));
      flash('good', `Dashboard ${name} has been saved.`);
      await reload();
      forget();
    } catch (failure) {
      setError(failure);
    }
  };
  const remove = async () => {
    if (await attempt(() => deleteDashboards([name]), `Deleted ${name}`)) navigate('cloudwatch/dashboards');
  };
  const close = () => setAsked(undefined);
  return (
    <Page
      title={name}
      crumbs={CRUMBS}
      description={draft && <Badge tone="warn">Unsaved changes</Badge>}
      actions={
        <>
          <Button onClick={() => setAsked('add')}>Add widget</Button>
          {draft && <Button onClick={forget}>Discard changes</Button>}
          <Button kind="primary" disabled={!draft} onClick={save}>
            Save
          </Button>
          <Menu
            label="Actions"
            items={[
              { label: 'Variables', onChoose: () => setAsked('variables') },
              { label: 'View/edit source', onChoose: () => setAsked('source') },
              { label: 'Save dashboard as…', onChoose: () => setAsked('save as') },
              { label: 'Delete dashboard', onChoose: () => setAsked('delete') },
            ]}
          />
        </>
      }
    >
      <Problem error={error ?? read.error} />
      {draft && draft.from !== stored && bodyText(body) !== stored && (
        <Notice tone="warn">
          <p>Somebody else has saved this dashboard. Save overwrites it, Discard changes shows it.</p>
        </Notice>
      )}
      <Widgets body={body} onChange={change} onEdit={edit => setAsked({ edit })} />
      {asked === 'add' && <WidgetForm onSave={widget => change(withWidget(body, widget))} onClose={close} />}
      {typeof asked === 'object' && (
        <WidgetForm
          before={body.widgets[asked.edit]}
          onSave={widget => change(replaced(body, asked.edit, widget))}
          onClose={close}
        />
      )}
      {asked === 'variables' && <ManageVariables body={body} onChange={change} onClose={close} />}
      {asked === 'source' && (
        <EditSource text={draft ? bodyText(draft.body) : stored} onUpdate={change} onClose={close} />
      )}
      {asked === 'save as' && (
        <NameDashboard
          title="Save dashboard as"
          submit="Save dashboard"
          hint="A dashboard of this name is replaced."
          body={body}
          done="saved"
          onClose={close}
        />
      )}
      {asked === 'delete' && (
        <Confirm
          title={`Delete dashboard ${name}`}
          action="Delete"
          typed="delete"
          onConfirm={remove}
          onClose={close}
        >
          <p>The metrics, alarms and logs stay.</p>
        </Confirm>
      )}
    </Page>
  );
}

const NO_BODY: Body = { widgets: [] };

/** A body that cannot be shown can be edited as source. */
function readStored(text: string): { body: Body; error?: unknown } {
  try {
    return { body: parseBody(text) };
  } catch (error) {
    return { body: NO_BODY, error };
  }
}

interface WidgetsProps {
  body: Body;
  onChange: (body: Body) => void;
  onEdit: (at: number) => void;
}

function Widgets({ body, onChange, onEdit }: WidgetsProps) {
  const asked = search.value;
  const { turn, refresh, every, setEvery } = useTurns();
  const range = rangeOf(asked, body);
  const view = { range, period: periodChoice(asked, body), turn };
  const variables = useVariables(useMemo(() => variablesOf(body), [body]));
  const widgets = applied(body.widgets, variables.chosen);
  const places = placesOf(body.widgets);
  const actionsOf = (widget: Widget, at: number): MenuItem[] => [
    { label: 'Edit', onChoose: () => onEdit(at) },
    { label: 'Duplicate', onChoose: () => onChange(withWidget(body, copyOf(widget))) },
    { label: 'Delete', onChoose: () => onChange(removed(body, at)) },
  ];
  return (
    <>
      <TimeControls {...view} onRefresh={refresh} every={every} onEvery={setEvery} />
      <VariableControls {...variables} />
      {body.widgets.length === 0 && <Empty title="This dashboard has no widgets" />}
      <div class="dashboard">
        {widgets.map((widget, at) => (
          <WidgetBox
            key={at}
            widget={widget}
            place={places[at]!}
            view={view}
            actions={actionsOf(body.widgets[at]!, at)}
          />
        ))}
      </div>
    </>
  );
}

/** Without its place: the copy gets one. */
function copyOf({ type, width, height, properties }: Widget): Widget {
  return { type, width, height, properties };
}
