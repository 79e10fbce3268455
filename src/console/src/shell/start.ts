/** Who is here?  Asked when the console is opened, and after each change of user. */
import { signal } from '@preact/signals';

import { orderly, query } from '../api/client';
import { errorText } from '../api/errors';
import { disconnect, reconnect } from '../api/events';
import {
  account,
  caller,
  openCredentials,
  server,
  session,
  setSession,
  type Credentials,
  type ServerInfo,
} from '../session';

export type Stage = 'starting' | 'sign-in' | 'ready';

export const stage = signal<Stage>('starting');
export const startProblem = signal('');

interface Identity {
  Account: string;
  Arn: string;
}

export async function start(): Promise<void> {
  startProblem.value = '';
  try {
    server.value = await orderly<ServerInfo>('GET', '/_orderly/console/session');
    if (!session.value && server.value.auth === 'open')
      setSession({ credentials: openCredentials(server.value.account), region: server.value.region });
    if (session.value) await identify(session.value.credentials);
    else stage.value = 'sign-in';
  } catch (error) {
    startProblem.value = errorText(error);
    if (session.value && server.value) signOut();
  }
}

async function identify(credentials: Credentials): Promise<void> {
  const identity = await query<Identity>('sts', 'GetCallerIdentity', {}, { credentials, quiet: true });
  account.value = identity.Account;
  caller.value = identity.Arn;
  stage.value = 'ready';
  reconnect();
}

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
