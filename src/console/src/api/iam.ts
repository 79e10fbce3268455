/** IAM's operations as the console uses them.  Roles and users have nearly the same ones: an Identity says which. */
import type { PageOf } from '../ui/pages';
import { allPages } from '../ui/resource';
import { orderly, query } from './client';
import { AwsError } from './errors';
import type { Value } from './form';
import { listOf } from './xml';

export type Kind = 'Role' | 'User';
/** What has policies. */
export type Owner = Kind | 'Group';

export interface Tag {
  Key: string;
  Value: string;
}

export interface Role {
  Path: string;
  RoleName: string;
  RoleId: string;
  Arn: string;
  CreateDate: string;
  /** Encoded for a URL. */
  AssumeRolePolicyDocument: string;
  Description?: string;
  MaxSessionDuration?: string;
  Tags?: Tag[];
  RoleLastUsed?: { LastUsedDate?: string; Region?: string };
  PermissionsBoundary?: { PermissionsBoundaryArn: string };
}

export interface User {
  Path: string;
  UserName: string;
  UserId: string;
  Arn: string;
  CreateDate: string;
  PasswordLastUsed?: string;
  Tags?: Tag[];
  PermissionsBoundary?: { PermissionsBoundaryArn: string };
}

export interface Policy {
  PolicyName: string;
  PolicyId: string;
  Arn: string;
  Path: string;
  DefaultVersionId: string;
  AttachmentCount: string;
  Description?: string;
  CreateDate: string;
  UpdateDate: string;
  Tags?: Tag[];
}

export interface PolicyVersion {
  VersionId: string;
  IsDefaultVersion: string;
  CreateDate: string;
  /** Encoded for a URL; lists do not have it. */
  Document?: string;
}

export interface AccessKey {
  AccessKeyId: string;
  Status: 'Active' | 'Inactive';
  CreateDate: string;
}

const QUIET = { quiet: true };

/** A page of a list that is read with Marker. */
async function page<T>(
  operation: string,
  member: string,
  input: Record<string, Value>,
  signal?: AbortSignal,
): Promise<PageOf<T>> {
  const reply = await query<Record<string, unknown>>('iam', operation, input, { ...QUIET, signal });
  return {
    items: listOf<T>(reply[member]),
    next: reply.IsTruncated === 'true' ? (reply.Marker as string) : undefined,
  };
}

/** All pages: of what one role, user or policy has. */
function list<T>(
  operation: string,
  member: string,
  input: Record<string, Value> = {},
  signal?: AbortSignal,
): Promise<T[]> {
  return allPages(marker => page(operation, member, { ...input, MaxItems: 1000, Marker: marker }, signal));
}

async function act(operation: string, input: Record<string, Value>): Promise<void> {
  await query('iam', operation, input);
}

/** IAM's documents come encoded for a URL. */
export function documentOf(encoded: string | undefined): string {
  return encoded ? decodeURIComponent(encoded) : '';
}

function named(kind: Owner, name: string): Record<string, Value> {
  return { [`${kind}Name`]: name };
}

/* ---- roles ---- */

export function rolesPage(marker?: string, signal?: AbortSignal): Promise<PageOf<Role>> {
  return page('ListRoles', 'Roles', { Marker: marker }, signal);
}

export async function getRole(name: string, signal?: AbortSignal): Promise<Role> {
  const { Role } = await query<{ Role: Role }>('iam', 'GetRole', { RoleName: name }, { ...QUIET, signal });
  return Role;
}

export async function createRole(input: {
  RoleName: string;
  AssumeRolePolicyDocument: string;
  Path?: string;
  Description?: string;
  MaxSessionDuration?: number;
  Tags?: { Key: string; Value: string }[];
}): Promise<Role> {
  const { Tags, ...rest } = input;
  const { Role } = await query<{ Role: Role }>('iam', 'CreateRole', {
    ...rest,
    Tags: Tags?.length ? Tags.map(tag => ({ ...tag })) : undefined,
  });
  return Role;
}

export function updateRole(name: string, description: string, maxSessionSeconds: number): Promise<void> {
  return act('UpdateRole', {
    RoleName: name,
    Description: description,
    MaxSessionDuration: maxSessionSeconds,
  });
}

export function updateTrust(name: string, document: string): Promise<void> {
  return act('UpdateAssumeRolePolicy', { RoleName: name, PolicyDocument: document });
}

/* ---- users ---- */

export function usersPage(marker?: string, signal?: AbortSignal): Promise<PageOf<User>> {
  return page('ListUsers', 'Users', { Marker: marker }, signal);
}

export async function getUser(name: string, signal?: AbortSignal): Promise<User> {
  const { User } = await query<{ User: User }>('iam', 'GetUser', { UserName: name }, { ...QUIET, signal });
  return User;
}

export function createUser(name: string): Promise<void> {
  return act('CreateUser', { UserName: name });
}

export function listAccessKeys(user: string, signal?: AbortSignal): Promise<AccessKey[]> {
  return list('ListAccessKeys', 'AccessKeyMetadata', { UserName: user }, signal);
}

/** The last request that a key signed; ServiceName and Region are "N/A" before the first one. */
export interface KeyUse {
  LastUsedDate?: string;
  ServiceName: string;
  Region: string;
}

/** Undefined: the caller may not read it. */
async function keyUse(id: string, signal?: AbortSignal): Promise<KeyUse | undefined> {
  try {
    const input = { AccessKeyId: id };
    const options = { ...QUIET, signal };
    return (await query<{ AccessKeyLastUsed: KeyUse }>('iam', 'GetAccessKeyLastUsed', input, options))
      .AccessKeyLastUsed;
  } catch (error) {
    if (error instanceof AwsError && error.denied) return undefined;
    throw error;
  }
}

export async function accessKeysAndUses(
  user: string,
  signal?: AbortSignal,
): Promise<(AccessKey & { use?: KeyUse })[]> {
  const keys = await listAccessKeys(user, signal);
  const uses = await Promise.all(keys.map(key => keyUse(key.AccessKeyId, signal)));
  return keys.map((key, i) => ({ ...key, use: uses[i] }));
}

export interface NewKey {
  AccessKeyId: string;
  SecretAccessKey: string;
}

export async function createAccessKey(user: string): Promise<NewKey> {
  const { AccessKey } = await query<{ AccessKey: NewKey }>('iam', 'CreateAccessKey', { UserName: user });
  return AccessKey;
}

export function setKeyStatus(user: string, id: string, status: AccessKey['Status']): Promise<void> {
  return act('UpdateAccessKey', { UserName: user, AccessKeyId: id, Status: status });
}

export function deleteAccessKey(user: string, id: string): Promise<void> {
  return act('DeleteAccessKey', { UserName: user, AccessKeyId: id });
}

/* ---- what roles and users have alike ---- */

export interface OwnPolicy {
  name: string;
  /** Of a managed policy. */
  arn?: string;
  document: string;
}

export async function inlinePolicies(kind: Owner, name: string, signal?: AbortSignal): Promise<OwnPolicy[]> {
  const names = await list<string>(`List${kind}Policies`, 'PolicyNames', named(kind, name), signal);
  return Promise.all(
    names.map(async policy => ({
      name: policy,
      document: await inlineDocument(kind, name, policy, signal),
    })),
  );
}

export function attachedPolicies(
  kind: Owner,
  name: string,
  signal?: AbortSignal,
): Promise<{ PolicyName: string; PolicyArn: string }[]> {
  return list(`ListAttached${kind}Policies`, 'AttachedPolicies', named(kind, name), signal);
}

/** The inline and attached policies of a role, user or group, with their documents. */
export async function policiesOf(kind: Owner, name: string, signal?: AbortSignal): Promise<OwnPolicy[]> {
  const [inline, attached] = await Promise.all([
    inlinePolicies(kind, name, signal),
    attachedPolicies(kind, name, signal),
  ]);
  const documents = attached.map(async policy => ({
    name: policy.PolicyName,
    arn: policy.PolicyArn,
    document: await currentDocument(policy.PolicyArn, signal),
  }));
  return [...(await Promise.all(documents)), ...inline];
}

/** A policy that a user has by a group. */
export interface GroupPolicy extends OwnPolicy {
  group: string;
}

export async function groupsOf(user: string, signal?: AbortSignal): Promise<string[]> {
  const groups = await list<{ GroupName: string }>('ListGroupsForUser', 'Groups', { UserName: user }, signal);
  return groups.map(group => group.GroupName);
}

export async function groupPoliciesOf(user: string, signal?: AbortSignal): Promise<GroupPolicy[]> {
  const policies = (await groupsOf(user, signal)).map(async group =>
    (await policiesOf('Group', group, signal)).map(policy => ({ ...policy, group })),
  );
  return (await Promise.all(policies)).flat();
}

export async function inlineDocument(
  kind: Owner,
  name: string,
  policy: string,
  signal?: AbortSignal,
): Promise<string> {
  const { PolicyDocument } = await query<{ PolicyDocument: string }>(
    'iam',
    `Get${kind}Policy`,
    { ...named(kind, name), PolicyName: policy },
    { ...QUIET, signal },
  );
  return documentOf(PolicyDocument);
}

export function putInlinePolicy(kind: Kind, name: string, policy: string, document: string): Promise<void> {
  return act(`Put${kind}Policy`, { ...named(kind, name), PolicyName: policy, PolicyDocument: document });
}

export function deleteInlinePolicy(kind: Kind, name: string, policy: string): Promise<void> {
  return act(`Delete${kind}Policy`, { ...named(kind, name), PolicyName: policy });
}

export function attachPolicy(kind: Kind, name: string, arn: string): Promise<void> {
  return act(`Attach${kind}Policy`, { ...named(kind, name), PolicyArn: arn });
}

export function detachPolicy(kind: Owner, name: string, arn: string): Promise<void> {
  return act(`Detach${kind}Policy`, { ...named(kind, name), PolicyArn: arn });
}

export async function changeTags(kind: Kind, name: string, before: Tag[], after: Tag[]): Promise<void> {
  const gone = before.filter(old => !after.some(tag => tag.Key === old.Key)).map(tag => tag.Key);
  if (gone.length > 0) await act(`Untag${kind}`, { ...named(kind, name), TagKeys: gone });
  if (after.length > 0)
    await act(`Tag${kind}`, { ...named(kind, name), Tags: after.map(tag => ({ ...tag })) });
}

/** As AWS's console: what belongs to a role or user goes first, as the API wants it. */
/** What AWS wants to be gone before a user is deleted. */
async function leaveAll(user: string): Promise<void> {
  for (const key of await listAccessKeys(user)) await deleteAccessKey(user, key.AccessKeyId);
  for (const group of await groupsOf(user))
    await act('RemoveUserFromGroup', { GroupName: group, UserName: user });
}

export async function deleteIdentity(kind: Kind, name: string): Promise<void> {
  if (kind === 'User') await leaveAll(name);
  for (const policy of await policiesOf(kind, name))
    if (policy.arn) await detachPolicy(kind, name, policy.arn);
    else await deleteInlinePolicy(kind, name, policy.name);
  await act(`Delete${kind}`, named(kind, name));
}

/* ---- managed policies ---- */

export type Scope = 'All' | 'AWS' | 'Local';

export function policiesPage(scope: Scope, marker?: string, signal?: AbortSignal): Promise<PageOf<Policy>> {
  return page('ListPolicies', 'Policies', { Scope: scope, Marker: marker }, signal);
}

export async function getPolicy(arn: string, signal?: AbortSignal): Promise<Policy> {
  const { Policy } = await query<{ Policy: Policy }>(
    'iam',
    'GetPolicy',
    { PolicyArn: arn },
    { ...QUIET, signal },
  );
  return Policy;
}

export async function versionDocument(arn: string, version: string, signal?: AbortSignal): Promise<string> {
  const { PolicyVersion } = await query<{ PolicyVersion: PolicyVersion }>(
    'iam',
    'GetPolicyVersion',
    { PolicyArn: arn, VersionId: version },
    { ...QUIET, signal },
  );
  return documentOf(PolicyVersion.Document);
}

async function currentDocument(arn: string, signal?: AbortSignal): Promise<string> {
  const { DefaultVersionId } = await getPolicy(arn, signal);
  return versionDocument(arn, DefaultVersionId, signal);
}

export async function createPolicy(input: {
  PolicyName: string;
  PolicyDocument: string;
  Path?: string;
  Description?: string;
}): Promise<Policy> {
  const { Policy } = await query<{ Policy: Policy }>('iam', 'CreatePolicy', input);
  return Policy;
}

export function listPolicyVersions(arn: string, signal?: AbortSignal): Promise<PolicyVersion[]> {
  return list('ListPolicyVersions', 'Versions', { PolicyArn: arn }, signal);
}

/** The new version is the default one at once. */
export function createPolicyVersion(arn: string, document: string): Promise<void> {
  return act('CreatePolicyVersion', { PolicyArn: arn, PolicyDocument: document, SetAsDefault: true });
}

export function setDefaultVersion(arn: string, version: string): Promise<void> {
  return act('SetDefaultPolicyVersion', { PolicyArn: arn, VersionId: version });
}

export function deletePolicyVersion(arn: string, version: string): Promise<void> {
  return act('DeletePolicyVersion', { PolicyArn: arn, VersionId: version });
}

/** Versions that are not the default go first, as the API wants it. */
export async function deletePolicy(arn: string): Promise<void> {
  for (const version of await listPolicyVersions(arn))
    if (version.IsDefaultVersion !== 'true') await deletePolicyVersion(arn, version.VersionId);
  await act('DeletePolicy', { PolicyArn: arn });
}

export interface Attachment {
  kind: Owner;
  name: string;
}

export async function entitiesOf(arn: string, signal?: AbortSignal): Promise<Attachment[]> {
  const [roles, users, groups] = await Promise.all([
    list<{ RoleName: string }>(
      'ListEntitiesForPolicy',
      'PolicyRoles',
      { PolicyArn: arn, EntityFilter: 'Role' },
      signal,
    ),
    list<{ UserName: string }>(
      'ListEntitiesForPolicy',
      'PolicyUsers',
      { PolicyArn: arn, EntityFilter: 'User' },
      signal,
    ),
    list<{ GroupName: string }>(
      'ListEntitiesForPolicy',
      'PolicyGroups',
      { PolicyArn: arn, EntityFilter: 'Group' },
      signal,
    ),
  ]);
  return [
    ...roles.map(role => ({ kind: 'Role' as const, name: role.RoleName })),
    ...users.map(user => ({ kind: 'User' as const, name: user.UserName })),
    ...groups.map(group => ({ kind: 'Group' as const, name: group.GroupName })),
  ];
}

/* ---- who may do what ---- */

export interface Explanation {
  allowed: boolean;
  reason: string;
  statement?: number;
  sid?: string;
  policy?: string;
  resourceFound: boolean;
  lookedAt: string[];
  unsuppliedKeys?: string[];
}

export function explain(arn: string, action: string, resource: string): Promise<Explanation> {
  const form = new URLSearchParams({ action, resource, as: arn });
  return orderly('GET', `/_orderly/iam/explain?${form}`);
}

/** What a role or user has used: GET /_orderly/iam/last-accessed. */
export interface LastAccessed {
  /** Since when uses are noted. */
  sinceMs: number;
  /** More was used than is kept, so that nothing is called unused. */
  partial: boolean;
  /** The last first; without a resource: several. */
  uses: { action: string; resource: string | null; lastMs: number }[];
  statements: UsedStatement[];
}

/** An Allow statement: its policy's ARN or name, its number in it, whether it and each of its actions was used. */
export interface UsedStatement {
  policy: string;
  /** The user's group that has the policy. */
  group?: string;
  statement: number;
  sid?: string;
  used: boolean;
  actions?: boolean[];
}

export function lastAccessed(arn: string, signal?: AbortSignal): Promise<LastAccessed> {
  return orderly('GET', `/_orderly/iam/last-accessed?${new URLSearchParams({ as: arn })}`, undefined, {
    signal,
  });
}
