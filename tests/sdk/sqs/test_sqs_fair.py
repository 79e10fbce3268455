"""Fair queues: in a standard queue with message groups, a noisy group does not keep the others waiting."""

import pytest
from bulk import Bulk
from queues import numbered, send, take


def groups_of(bodies):
    return "".join(body[0] for body in bodies)


@pytest.fixture(scope="module")
def sqs(sqs):
    return Bulk(sqs)


@pytest.fixture
def url(make_queue):
    return make_queue(VisibilityTimeout="600")


def test_without_a_noisy_group_messages_are_received_by_age(sqs, url):
    send(sqs, url, ["a0"], "a")
    send(sqs, url, ["-0"])
    send(sqs, url, ["b0", "b1"], "b")
    send(sqs, url, ["-1"])
    assert take(sqs, url, 10)[0] == ["a0", "-0", "b0", "b1", "-1"]


@pytest.mark.parametrize("in_flight, order", [(29, "a" * 20 + "bb-c"), (30, "bb-c" + "a" * 20)])
def test_a_group_with_thirty_messages_in_flight_is_received_after_the_others(sqs, url, advance_clock, in_flight, order):
    send(sqs, url, numbered("a", in_flight + 20), "a")
    assert take(sqs, url, in_flight)[0] == numbered("a", in_flight)
    send(sqs, url, ["b0", "b1"], "b")
    send(sqs, url, ["-0"])
    send(sqs, url, ["c0"], "c")
    advance_clock(1)
    assert groups_of(take(sqs, url, 50)[0]) == order


@pytest.mark.parametrize("others, noisy", [(270, False), (269, True)])
def test_a_group_is_noisy_with_more_than_a_tenth_of_the_messages_in_flight(sqs, url, advance_clock, others, noisy):
    send(sqs, url, numbered("a", 30), "a")
    send(sqs, url, numbered("-", others))
    take(sqs, url, 30 + others)
    send(sqs, url, ["a"], "a")
    send(sqs, url, ["b"], "b")
    advance_clock(1)
    assert groups_of(take(sqs, url, 2)[0]) == ("ba" if noisy else "ab")


def test_of_two_noisy_groups_the_one_with_fewer_messages_in_flight_comes_first(sqs, url, advance_clock):
    send(sqs, url, numbered("a", 40), "a")
    send(sqs, url, numbered("b", 30), "b")
    take(sqs, url, 70)
    send(sqs, url, ["a"], "a")
    send(sqs, url, ["b"], "b")
    send(sqs, url, ["c"], "c")
    advance_clock(1)
    assert groups_of(take(sqs, url, 3)[0]) == "cba"


def test_a_noisy_group_is_quiet_again_when_none_of_its_messages_waits(sqs, url, advance_clock):
    send(sqs, url, numbered("a", 32), "a")
    handles = take(sqs, url, 30)[1]
    advance_clock(1)
    send(sqs, url, ["b"], "b")
    assert groups_of(take(sqs, url, 1)[0]) == "b"
    for handle in handles:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    advance_clock(1)
    send(sqs, url, ["b"], "b")
    assert groups_of(take(sqs, url, 3)[0]) == "baa"
    advance_clock(1)
    send(sqs, url, ["a"], "a")
    send(sqs, url, ["b"], "b")
    assert groups_of(take(sqs, url, 2)[0]) == "ab"


@pytest.mark.parametrize("seconds, order", [(240, "ba"), (300, "ab")])
def test_a_noisy_group_is_quiet_again_after_five_minutes_without_new_messages(sqs, url, advance_clock, seconds, order):
    send(sqs, url, numbered("a", 31), "a")
    handles = take(sqs, url, 30)[1]
    advance_clock(1)
    assert take(sqs, url, 0)[0] == []
    send(sqs, url, ["b"], "b")
    assert groups_of(take(sqs, url, 1)[0]) == "b"
    for handle in handles:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    send(sqs, url, ["b"], "b")
    advance_clock(seconds - 1)
    assert groups_of(take(sqs, url, 2)[0]) == order


def test_many_quiet_groups_take_turns(sqs, url, advance_clock):
    send(sqs, url, numbered("a", 60), "a")
    take(sqs, url, 30)
    advance_clock(1)
    for i in range(150):
        send(sqs, url, [f"q{i}"], f"q{i}")
    bodies = take(sqs, url, 180)[0]
    assert sorted(bodies[:150]) == sorted(numbered("q", 150)) and groups_of(bodies[150:]) == "a" * 30


def dwell_times(sqs, url, advance_clock, grouped):
    """40 s with 100 consumers, busy for 5 s with each message: one tenant sends 40 a second, five quiet ones one each."""
    sent, dwell, busy = {}, {"n": [], "q": []}, []
    for now in range(40):
        new = numbered(f"n{now}.", 40)
        send(sqs, url, new, "noisy" if grouped else None)
        for tenant in range(5):
            body = f"q{now}.{tenant}"
            send(sqs, url, [body], f"quiet{tenant}" if grouped else None)
            new.append(body)
        sent.update({body: now for body in new})
        for handle in [handle for until, handle in busy if until <= now]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
        busy = [one for one in busy if one[0] > now]
        bodies, handles = take(sqs, url, 100 - len(busy))
        busy += [(now + 5, handle) for handle in handles]
        for body in bodies:
            dwell[body[0]].append(now - sent[body])
        advance_clock(1)
    return dwell


def test_quiet_groups_have_a_low_dwell_time_beside_a_noisy_one(sqs, make_queue, advance_clock):
    fair = dwell_times(sqs, make_queue(VisibilityTimeout="600"), advance_clock, True)
    plain = dwell_times(sqs, make_queue(VisibilityTimeout="600"), advance_clock, False)
    assert max(fair["q"][-50:]) <= 5 < max(plain["q"][-50:])
    assert sum(fair["q"]) * 4 < sum(plain["q"])
    assert max(fair["n"]) > max(fair["q"])
