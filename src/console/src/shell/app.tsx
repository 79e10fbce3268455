/** The whole page: the bar, the list of services, and the screen of this address. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { ComponentChildren, ComponentType } from 'preact';

import { Unreachable } from '../api/errors';
import { answers } from '../api/events';
import { Link, matchRoute, path, type Params, type Route } from '../router';
import { routes, services } from '../screens';
import { caller, region } from '../session';
import { Boundary } from '../ui/boundary';
import { Flashes } from '../ui/flash';
import { Empty, Loading, Page } from '../ui/layout';
import { Problem } from '../ui/problem';
import { Bar } from './bar';
import { Elsewhere } from './elsewhere';
import { SignIn } from './sign_in';
import { stage } from './start';

const AGAIN_MILLISECONDS = 2000;

export function App() {
  const [menu, setMenu] = useState(false);
  const at = path.value;
  useEffect(() => setMenu(false), [at]);
  // Before the list is painted: Escape at once closes it.
  useLayoutEffect(() => {
    if (!menu) return;
    const byKey = ({ key }: KeyboardEvent) => {
      if (key !== 'Escape') return;
      setMenu(false);
      document.querySelector<HTMLElement>('.bar .menu button')?.focus();
    };
    addEventListener('keydown', byKey);
    return () => removeEventListener('keydown', byKey);
  }, [menu]);
  if (stage.value === 'elsewhere') return <Elsewhere />;
  if (stage.value !== 'ready') return <SignIn />;
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={toMain}>
        To the content
      </a>
      <Bar menu={menu} onMenu={() => setMenu(!menu)} />
      <nav class={menu ? 'side open' : 'side'} aria-label="Services" onClick={() => setMenu(false)}>
        {services.map(group => (
          <section key={group.title}>
            <h2>{group.title}</h2>
            <ul>
              {group.links.map(([name, to]) => (
                <li key={to}>
                  <Link to={to} current={at.split('/')[0] === to.split('/')[0]}>
                    {name}
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>
        <Flashes />
        <Screen key={`${caller.value}/${region.value}`} at={at} />
      </main>
    </div>
  );
}

/** Without a step in the history, and without the address that the router would take for another page. */
function toMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function find(at: string): { route: Route; params: Params } | undefined {
  for (const route of routes) {
    const params = matchRoute(route, at);
    if (params) return { route, params };
  }
  return undefined;
}

function Screen({ at }: { at: string }) {
  const found = find(at);
  const [shown, setShown] = useState<{ route: Route; Content: ComponentType<Params> }>();
  const [error, setError] = useState<unknown>();
  const title =
    found && (typeof found.route.title === 'string' ? found.route.title : found.route.title(found.params));

  useEffect(() => {
    document.title = title ? `${title} | Orderly` : 'Orderly';
  }, [title]);

  const route = found?.route;
  useEffect(() => {
    let gone = false;
    setError(undefined);
    route?.load().then(
      module => !gone && setShown({ route, Content: module.default }),
      async failure => {
        const there = await answers();
        if (!gone) setError(there ? failure : new Unreachable(failure));
      },
    );
    return () => {
      gone = true;
    };
  }, [route]);

  // The server was away when the screen was asked for: it comes when the server is back.
  useEffect(() => {
    if (!(error instanceof Unreachable)) return;
    const ask = async () => {
      if (await answers()) location.reload();
    };
    const timer = setInterval(() => void ask(), AGAIN_MILLISECONDS);
    return () => clearInterval(timer);
  }, [error]);

  if (!found)
    return (
      <Page title="Not found">
        <Empty title="There is no such page">
          <Link to="">Home</Link>
        </Empty>
      </Page>
    );
  if (error)
    return (
      <Failed title="This page could not be loaded">
        <Problem error={error} retry={() => location.reload()} />
      </Failed>
    );
  if (shown?.route !== found.route) return <Loading />;
  return (
    <Boundary key={at} frame={problem => <Failed title="This page has failed">{problem}</Failed>}>
      <shown.Content {...found.params} />
    </Boundary>
  );
}

function Failed({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <Page title={title}>
      {children}
      <p>
        What you have done is not lost: it is on the server. <Link to="">Home</Link>
      </p>
    </Page>
  );
}
