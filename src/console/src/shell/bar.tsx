/** The bar at the top: find, region, account, who acts, recent calls. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

import { live } from '../api/events';
import { Link, path } from '../router';
import { account, caller, region, server, session, setRegion } from '../session';
import { resourceAt } from '../template/pages';
import { Button, TextField } from '../ui/controls';
import { Dialog } from '../ui/dialog';
import { attempt } from '../ui/flash';
import { MenuIcon } from '../ui/icons';
import { Finder } from './finder';
import { RecentCalls } from './recent_calls';
import { actAs, actAsMyself, chooseAccount, signOut } from './start';

const REGIONS = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'eu-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-north-1',
  'eu-south-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'sa-east-1',
];

/** The account that the Python tutorial's policies name. */
const TUTORIAL_ACCOUNT = '481665095854';

type Open = 'finder' | 'calls' | 'role' | undefined;

export function Bar({ menu, onMenu }: { menu: boolean; onMenu: () => void }) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);

  // Before the bar is painted: who presses "/" at once is heard.
  useLayoutEffect(() => {
    const byKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest('input, textarea, select, dialog, .code');
      const asked = (event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '/' && !typing);
      if (!asked) return;
      event.preventDefault();
      setOpen('finder');
    };
    addEventListener('keydown', byKey);
    return () => removeEventListener('keydown', byKey);
  }, []);

  return (
    <>
      <header class="bar">
        <span class="menu">
          <Button
            kind="bare"
            label={menu ? 'Close the list of services' : 'Open the list of services'}
            onClick={onMenu}
          >
            <MenuIcon />
          </Button>
        </span>
        <Link to="" class="brand" label="Orderly, home">
          <span>Orderly</span>
          {live.value && (
            <i class="live" title="What changes is shown at once">
              ●
            </i>
          )}
        </Link>
        <Away />
        <button type="button" class="finder" onClick={() => setOpen('finder')}>
          Find anything <kbd>/</kbd>
        </button>
        <span class="grow" />
        <Button kind="bare" onClick={() => setOpen('calls')}>
          As CLI
        </Button>
        <Link to={templateOf(path.value)} class="button button-bare">
          As template
        </Link>
        <Regions />
        <Accounts />
        <Button
          kind="bare"
          label={`${caller.value.split(':').at(-1)}: who acts`}
          onClick={() => setOpen('role')}
        >
          {caller.value.split(':').at(-1) ?? ''}
        </Button>
      </header>
      {open === 'finder' && <Finder onClose={close} />}
      {open === 'calls' && <RecentCalls onClose={close} />}
      {open === 'role' && <Who onClose={close} />}
    </>
  );
}

const PATIENCE_MILLISECONDS = 1500;

/** What the page shows may be old: the stream of events that was open has ended, and no other one begins. */
function Away() {
  const [away, setAway] = useState(false);
  const [before, setBefore] = useState(false);
  const now = live.value;
  useEffect(() => {
    if (now) setBefore(true);
    const timer = setTimeout(() => setAway(before && !now), now ? 0 : PATIENCE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [now, before]);
  return (
    <span role="status" class="away">
      {away && <span class="badge badge-bad">The server does not answer</span>}
    </span>
  );
}

/** Of the resource whose page this is, or of all. */
function templateOf(at: string): string {
  const resource = resourceAt(at);
  return resource ? `template?of=${encodeURIComponent(resource.address)}` : 'template';
}

function Regions() {
  const names = REGIONS.includes(region.value) ? REGIONS : [region.value, ...REGIONS];
  return (
    <select
      class="input"
      aria-label="Region"
      value={region.value}
      onChange={event => setRegion(event.currentTarget.value)}
    >
      {names.map(name => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

function Accounts() {
  if (server.value?.auth !== 'open' || session.value?.role) return <span class="who">{account.value}</span>;
  const names = [...new Set([account.value, TUTORIAL_ACCOUNT, ...(server.value.accounts ?? [])])].sort();
  return (
    <select
      class="input"
      aria-label="Account"
      value={account.value}
      onChange={event => void attempt(() => chooseAccount(event.currentTarget.value))}
    >
      {names.map(name => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

function Who({ onClose }: { onClose: () => void }) {
  const [role, setRole] = useState('');
  const [other, setOther] = useState('');
  const act = async () => {
    const name = role.startsWith('arn:') ? role : `arn:aws:iam::${account.value}:role/${role}`;
    if (await attempt(() => actAs(name), `Acting as ${name}`)) onClose();
  };
  return (
    <Dialog
      title="Who acts"
      onClose={onClose}
      actions={
        <>
          {session.value?.own && (
            <Button onClick={() => attempt(actAsMyself).then(onClose)}>Act as myself again</Button>
          )}
          {server.value?.auth === 'strict' && <Button onClick={signOut}>Sign out</Button>}
          <Button kind="primary" disabled={!role} onClick={act}>
            Act as this role
          </Button>
        </>
      }
    >
      <p class="mono">{caller.value}</p>
      <p class="hint">
        {server.value?.auth === 'open'
          ? 'The server runs with --auth open: whoever reaches it is the administrator.'
          : 'The server runs with --auth strict: every request is signed with your key.'}
      </p>
      {server.value?.auth === 'open' && !session.value?.role && (
        <div class="row">
          <TextField
            label="Another account"
            hint="Twelve digits; it need not exist"
            value={other}
            onInput={setOther}
            mono
          />
          <Button
            disabled={!/^\d{12}$/.test(other)}
            onClick={() => attempt(() => chooseAccount(other)).then(onClose)}
          >
            Use this account
          </Button>
        </div>
      )}
      <TextField
        label="Act as this role"
        hint="A role's name or ARN, through AssumeRole"
        value={role}
        onInput={setRole}
      />
    </Dialog>
  );
}
