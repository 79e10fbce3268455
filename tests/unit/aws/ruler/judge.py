#!/usr/bin/env python3
"""AWS's own open-source engine, Event Ruler, as a second judge of event patterns: not part of ./test, for it needs Java
and Maven.

    ninja -C build-test tests/unit/aws/pattern_probe
    tests/unit/aws/ruler/judge.py build-test/tests/unit/aws/pattern_probe [patterns]

Prints the number of comparisons, and the disagreements by kind.
"""

import collections
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[3]
sys.path[:0] = [str(HERE.parent), str(ROOT / "tests" / "sdk")]
import filter_policies  # noqa: E402
import pattern_model as model  # noqa: E402

# SNS compares five digits after the point, Event Ruler six: https://docs.aws.amazon.com/sns/latest/dg/numeric-value-matching.html
model.NUMBERS.remove("2.500001")
# Event Ruler's range of all IPv4 addresses has IPv6 addresses and numbers in it, too.
model.CIDRS.remove("0.0.0.0/0")


def lines_of(command, lines):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def feed():
        with process.stdin:
            process.stdin.writelines(line + "\n" for line in lines)

    feeder = threading.Thread(target=feed)
    feeder.start()
    answers = process.stdout.read().splitlines()
    feeder.join()
    assert process.wait() == 0
    return answers


def ruler(folder, pairs):
    subprocess.run(["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
                    f"-DoutputDirectory={folder}"], check=True)
    path = os.path.join(folder, "*")
    subprocess.run(["javac", "-cp", path, "-d", folder, str(HERE / "Judge.java")], check=True)
    return lines_of(["java", "-cp", f"{path}:{folder}", "Judge"], [f"{pattern}\t{event}" for pattern, event in pairs])


def ours(probe, pairs):
    commands = [json.dumps({"dialect": "body", "pattern": pattern, "events": [event]}) for pattern, event in pairs]
    answers = map(json.loads, lines_of([probe], commands))
    return ["refused" if isinstance(answer, str) else "1" if answer[0] else "0" for answer in answers]


def cases(patterns):
    dice = random.Random(7)
    for _ in range(patterns):
        pattern = model.pattern(dice)
        if any(key in pattern for one in pattern.get("$or", ()) for key in one):
            continue  # Event Ruler lets a key of $or replace the same key outside; no documentation does that
        for event in (model.event(dice), *(model.event_near(dice, pattern) for _ in range(3))):
            yield model.dumps(pattern), model.dumps(event)
    for scope, policy, message, _ in filter_policies.rows():
        if scope == "MessageBody":
            yield json.dumps(policy), json.dumps(message)


def main():
    pairs = list(cases(int(sys.argv[2]) if len(sys.argv) > 2 else 25_000))
    with tempfile.TemporaryDirectory() as folder:
        theirs = ruler(folder, pairs)
    mine = ours(sys.argv[1], pairs)
    compared = 0
    kinds, examples = collections.Counter(), {}
    for pair, one, other in zip(pairs, mine, theirs, strict=True):
        if one == "refused":
            continue  # SNS has limits that Event Ruler does not have
        compared += 1
        if one != other:
            kind = f"ours {one}, Ruler {other}"
            kinds[kind] += 1
            examples.setdefault(kind, []).append(pair)
    print(f"{compared} verdicts compared, {sum(kinds.values())} differ")
    for kind, count in kinds.items():
        print(f"{count} x {kind}, for example:")
        for pattern, event in examples[kind][:8]:
            print(f"    {pattern}    {event}")


if __name__ == "__main__":
    main()
