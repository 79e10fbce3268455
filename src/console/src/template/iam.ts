/** Roles, users and managed policies in a template. */
import { documentOf, type Kind, type Policy, type Role, type Tag, type User } from '../api/iam';
import { tagsOf } from './tags';
import type { Entry } from './template';

export interface IdentityFacts {
  kind: Kind;
  identity: Role | User;
  inline: { name: string; document: string }[];
  /** The ARNs of the managed policies. */
  attached: string[];
  tags: Tag[];
  /** Of a user. */
  keys?: number;
}

export function identityEntry({ kind, identity, inline, attached, tags, keys }: IdentityFacts): Entry {
  const name = nameOf(identity);
  return {
    type: `AWS::IAM::${kind}`,
    name,
    known: { [identity.Arn]: 'Arn' },
    unsaid: keys ? [`Its access keys: ${keys}.`] : undefined,
    properties: refer => ({
      [`${kind}Name`]: name,
      Path: identity.Path === '/' ? undefined : identity.Path,
      ...('RoleName' in identity && {
        Description: identity.Description || undefined,
        MaxSessionDuration: Number(identity.MaxSessionDuration ?? 3600),
        AssumeRolePolicyDocument: refer.parsed(documentOf(identity.AssumeRolePolicyDocument), text =>
          refer.to(text),
        ),
      }),
      PermissionsBoundary: identity.PermissionsBoundary
        ? refer.to(identity.PermissionsBoundary.PermissionsBoundaryArn)
        : undefined,
      ManagedPolicyArns: attached.length > 0 ? attached.map(arn => refer.to(arn)) : undefined,
      Policies:
        inline.length > 0
          ? inline.map(({ name: PolicyName, document }) => ({
              PolicyName,
              PolicyDocument: refer.parsed(document),
            }))
          : undefined,
      Tags: tagsOf(tags),
    }),
  };
}

function nameOf(identity: Role | User): string {
  return 'RoleName' in identity ? identity.RoleName : identity.UserName;
}

export interface PolicyFacts {
  policy: Policy;
  document: string;
  tags: Tag[];
}

export function policyEntry({ policy, document, tags }: PolicyFacts): Entry {
  return {
    type: 'AWS::IAM::ManagedPolicy',
    name: policy.PolicyName,
    known: { [policy.Arn]: '' },
    unsaid:
      tags.length > 0 ? [`Its tags: ${tags.map(tag => `${tag.Key}=${tag.Value}`).join(', ')}.`] : undefined,
    properties: refer => ({
      ManagedPolicyName: policy.PolicyName,
      Path: policy.Path === '/' ? undefined : policy.Path,
      Description: policy.Description || undefined,
      PolicyDocument: refer.parsed(document),
    }),
  };
}
