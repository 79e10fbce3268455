/** SNS › Subscriptions › a subscription › Edit. */
import { useState } from 'preact/hooks';

import { changeSubscription, subscriptionAttributes, type Attributes } from '../../api/sns';
import { link, navigate, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Form } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { nameOf, pretty } from '../../ui/format';
import { Loading, Page } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { parsed } from './parts';
import { GrantQuestions, SubscriptionSettings } from './subscription_form';
import { writeGrants } from './write_grants';

export default function EditSubscription({ arn = '' }: Params) {
  const loaded = useResource(`sns/edit-subscription/${arn}`, signal => subscriptionAttributes(arn, signal));
  if (isMissing(loaded))
    return (
      <Absent
        kind="subscription"
        name={nameOf(arn)}
        crumbs={[['Subscriptions', 'sns/subscriptions']]}
        resource={loaded}
      />
    );
  return (
    <Page
      title="Edit subscription"
      crumbs={[
        ['Amazon SNS', 'sns/topics'],
        ['Subscriptions', 'sns/subscriptions'],
        [nameOf(arn), link`sns/subscriptions/${arn}`],
      ]}
    >
      <Problem error={loaded.error} retry={loaded.reload} />
      {loaded.data ? <Editor arn={arn} before={loaded.data} /> : loaded.loading && <Loading />}
    </Page>
  );
}

function Editor({ arn, before }: { arn: string; before: Attributes }) {
  const [edited, setEdited] = useState<Attributes>({
    ...before,
    ...(before.FilterPolicy && { FilterPolicy: pretty(before.FilterPolicy) }),
  });
  const [grants, setGrants] = useState({ endpoint: false, deadLetters: true });
  const [error, setError] = useState<unknown>();
  const back = () => navigate(link`sns/subscriptions/${arn}`);
  const target = (attributes: Attributes) =>
    parsed<{ deadLetterTargetArn: string }>(attributes, 'RedrivePolicy')?.deadLetterTargetArn;
  const added = target(edited) === target(before) ? undefined : target(edited);
  const save = async () => {
    const { FilterPolicy = '', FilterPolicyScope, ...others } = edited;
    const same = pretty(FilterPolicy) === pretty(before.FilterPolicy ?? '');
    try {
      // The scope comes first: the policy is checked by its rules.
      await changeSubscription(arn, before, {
        ...(FilterPolicy && FilterPolicyScope && { FilterPolicyScope }),
        ...(!same && { FilterPolicy }),
        ...others,
      });
    } catch (failure) {
      setError(failure);
      return;
    }
    flash('good', 'Subscription saved successfully.');
    await writeGrants(
      {
        topic: before.TopicArn!,
        protocol: before.Protocol!,
        endpoint: before.Endpoint!,
        deadLetters: added,
      },
      grants,
    );
    back();
  };
  return (
    <Form label="Edit subscription" submit="Save changes" cancel={back} onSubmit={save}>
      <SubscriptionSettings protocol={before.Protocol ?? ''} value={edited} onChange={setEdited} />
      <GrantQuestions
        topic={before.TopicArn ?? ''}
        protocol=""
        endpoint=""
        deadLetters={added}
        value={grants}
        onChange={setGrants}
      />
      <Problem error={error} />
    </Form>
  );
}
