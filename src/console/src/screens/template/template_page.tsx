/** What exists as an AWS CloudFormation template: a page's resource with what belongs to it, or all of the account and region. */
import { useMemo, useState } from 'preact/hooks';

import { reshaped } from '../../api/events';
import { Link, search, setSearch } from '../../router';
import { account, region } from '../../session';
import { resourceAt, type PageOfResource } from '../../template/pages';
import { readAll, SERVICES } from '../../template/read_all';
import { READERS } from '../../template/read_page';
import { writeTemplate, type Entry } from '../../template/template';
import { Absent, isMissing } from '../../ui/absent';
import { Button, Checkbox } from '../../ui/controls';
import { Empty, Loading, Notice, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { TemplateView } from './template_view';

export default function TemplatePage() {
  const of = search.value.get('of');
  const resource = resourceAt(of ?? '');
  if (resource) return <OfResource key={resource.address} {...resource} />;
  if (of)
    return (
      <Page title="Template">
        <Empty title="There are no templates of this page">
          <Link to="template">All of this account and region</Link>
        </Empty>
      </Page>
    );
  return <OfAll />;
}

const ALL_SERVICES = ['sns', 'sqs', 'lambda', 'dynamodb', 'iam', 'cloudwatch', 'logs'];

function OfResource({ kind, name, address }: PageOfResource) {
  const read = useResource(`template/${address}`, signal => READERS[kind](name, signal), {
    on: reshaped(...ALL_SERVICES),
  });
  const short = kind === 'policy' ? name.split('/').at(-1)! : name;
  const crumbs: [string, string][] = [[short, address]];
  if (!read.data || isMissing(read))
    return <Absent kind="resource" name={short} crumbs={crumbs} resource={read} />;
  return (
    <Page
      title={`Template of ${short}`}
      crumbs={crumbs}
      description="With what belongs to it, as AWS CloudFormation reads it"
      actions={<Link to="template">All of this account and region</Link>}
    >
      <Problem error={read.error} retry={read.reload} />
      <Written entries={read.data} unsaid={[]} name={short} />
    </Page>
  );
}

function Written({ entries, unsaid, name }: { entries: Entry[]; unsaid: string[]; name: string }) {
  const { template, notes } = useMemo(() => {
    const place = { account: account.value, region: region.value };
    return writeTemplate(entries, place, `${name}, as it is in Orderly.`, unsaid);
  }, [entries, unsaid, name]);
  return <TemplateView template={template} notes={notes} name={name} />;
}

/** Reading takes a while, and many requests: it begins with the button. */
function OfAll() {
  const wanted = search.value.get('services')?.split(',');
  const chosen = Object.keys(SERVICES).filter(service => !wanted || wanted.includes(service));
  const [asked, setAsked] = useState<{ services: string[]; turn: number }>();
  const [count, setCount] = useState(0);
  const key = asked ? `template/all/${asked.services.join()}/${asked.turn}` : '';
  const read = useResource(key, signal => readAll(asked?.services ?? [], setCount, signal));
  const start = () => {
    setCount(0);
    setAsked({ services: chosen, turn: (asked?.turn ?? 0) + 1 });
  };
  const choose = (service: string, on: boolean) => {
    const next = Object.keys(SERVICES).filter(one => (one === service ? on : chosen.includes(one)));
    setSearch({ services: next.join() || 'none' });
  };
  const busy = asked !== undefined && read.loading;
  return (
    <Page
      title="Template of this account and region"
      description="What exists, as AWS CloudFormation reads it"
    >
      <Panel title="Services">
        <fieldset class="row">
          <legend class="visually-hidden">Services</legend>
          {Object.keys(SERVICES).map(service => (
            <Checkbox
              key={service}
              label={service}
              checked={chosen.includes(service)}
              onChange={on => choose(service, on)}
            />
          ))}
        </fieldset>
        <div class="row">
          <Button kind="primary" busy={busy} disabled={chosen.length === 0} onClick={start}>
            Create template
          </Button>
          {busy && <Button onClick={() => setAsked(undefined)}>Cancel</Button>}
          {busy && <p role="status">{count} resources read…</p>}
        </div>
      </Panel>
      <Problem error={read.error} retry={start} />
      {busy && <Loading />}
      {read.data?.entries.length === 0 && (
        <Notice>
          <p>Of these services there is nothing in this account and region.</p>
        </Notice>
      )}
      {read.data && <Written entries={read.data.entries} unsaid={read.data.unsaid} name={region.value} />}
    </Page>
  );
}
