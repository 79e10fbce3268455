"""Random patterns and events: the C code and an independent model must agree about each of them."""

import json
import os
import random
import subprocess
import threading

import pattern_model as model

PATTERNS, EVENTS_OF_EACH = 27_000, 4


def answers(commands):
    probe = subprocess.Popen([os.environ["PATTERN_PROBE"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def feed():
        with probe.stdin:
            probe.stdin.writelines(json.dumps(command) + "\n" for command in commands)

    feeder = threading.Thread(target=feed)
    feeder.start()
    given = [json.loads(line) for line in probe.stdout]
    feeder.join()
    probe.stdout.close()
    assert probe.wait() == 0
    return given


def test_random_patterns_choose_what_the_model_chooses():
    dice = random.Random(20240)
    cases = []
    for _ in range(PATTERNS):
        pattern = model.pattern(dice)
        near = [model.event_near(dice, pattern) for _ in range(EVENTS_OF_EACH - 1)]
        cases.append((pattern, [model.event(dice), *near]))
    commands = [{"dialect": "body", "pattern": model.dumps(pattern), "events": list(map(model.dumps, events))}
                for pattern, events in cases]
    chosen = compared = 0
    for command, (pattern, events), given in zip(commands, cases, answers(commands), strict=True):
        if given == "FilterPolicy: Filter policy is too complex":
            continue
        expected = [model.matches(pattern, event) for event in events]
        assert given == expected, command
        chosen += sum(expected)
        compared += len(expected)
    assert compared >= 100_000
    assert compared / 5 < chosen < compared * 4 / 5, (chosen, compared)
