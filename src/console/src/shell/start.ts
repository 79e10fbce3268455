/** Who is here?  Asked when the console is opened, and after each change of user. */
import { effect, signal } from '@preact/signals';

import { orderly, query } from '../api/client';
import { errorText } from '../api/errors';
import { disconnect, reconnect } from '../api/events';
import { realmAsked, setRealm, type Realm } from '../router';
import {
  account,
  caller,
  openCredentials,
  region,
  server,
  session,
  setRegion,
  setSession,
  type Credentials,
  type ServerInfo,
} from '../session';

export type Stage = 'starting' | 'sign-in' | 'elsewhere' | 'ready';

export const stage = signal<Stage>('starting');
export const startProblem = signal('');
/** Whose page was opened, while the stage is 'elsewhere'. */
export const elsewhere = signal<Realm>({});

interface Identity {
  Account: string;
  Arn: string;
}

/** The address may name an account (with --auth open) and a region: no session ends for that unless its user agrees. */
export async function start(): Promise<void> {
  const asked = realmAsked();
  startProblem.value = '';
  try {
    server.value = await orderly<ServerInfo>('GET', '/_orderly/console/session');
    const open = server.value.auth === 'open';
    if (!session.value && open)
      setSession({
        credentials: openCredentials(asked.account ?? server.value.account),
        region: server.value.region,
      });
    if (session.value) await identify(session.value.credentials, open ? asked : { region: asked.region });
    else stage.value = 'sign-in';
  } catch (error) {
    startProblem.value = errorText(error);
    if (session.value && server.value) signOut();
  }
}

async function identify(credentials: Credentials, asked: Realm = {}): Promise<void> {
  const identity = await query<Identity>('sts', 'GetCallerIdentity', {}, { credentials, quiet: true });
  account.value = identity.Account;
  caller.value = identity.Arn;
  if (asked.account && asked.account !== identity.Account) {
    elsewhere.value = asked;
    stage.value = 'elsewhere';
    return;
  }
  if (asked.region) setRegion(asked.region);
  enter();
}

function enter(): void {
  stage.value = 'ready';
  reconnect();
}

/** Of the stage 'elsewhere': become the administrator of the page's account. */
export async function switchAccount(): Promise<void> {
  const { account, region: wanted } = elsewhere.value;
  if (account) await signIn(openCredentials(account), wanted ?? region.value);
}

/** Of the stage 'elsewhere': keep the session, and show the page of its own account. */
export const stay = enter;

effect(() => {
  if (stage.value !== 'ready' || !server.value) return;
  const begun = server.value;
  setRealm({
    account: begun.auth === 'open' && account.value !== begun.account ? account.value : undefined,
    region: region.value !== begun.region ? region.value : undefined,
  });
});

/** Throws AWS's error if the credentials are wrong. */
export async function signIn(credentials: Credentials, region: string): Promise<void> {
  setSession({ credentials, region });
  try {
    await identify(credentials);
  } catch (error) {
    setSession(undefined);
    throw error;
  }
}

export function signOut(): void {
  disconnect();
  setSession(undefined);
  caller.value = '';
  stage.value = 'sign-in';
}

/** With --auth open: another account. */
export async function chooseAccount(name: string): Promise<void> {
  if (session.value) await signIn(openCredentials(name), session.value.region);
}

interface Assumed {
  Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
}

export async function actAs(role: string): Promise<void> {
  const now = session.value!;
  const { Credentials: got } = await query<Assumed>('sts', 'AssumeRole', {
    RoleArn: role,
    RoleSessionName: 'console',
  });
  const credentials = {
    accessKeyId: got.AccessKeyId,
    secretAccessKey: got.SecretAccessKey,
    sessionToken: got.SessionToken,
  };
  setSession({ credentials, region: now.region, role, own: now.own ?? now.credentials });
  await identify(credentials);
}

export async function actAsMyself(): Promise<void> {
  const { own, region } = session.value!;
  if (own) await signIn(own, region);
}
