#!/usr/bin/env python3
"""Turns managed/*.json into the C table that aws_managed.h declares, sorted by name.

  embed_managed.py output.c managed/A.json managed/B.json ...
"""
import json
import pathlib
import sys
import textwrap
from datetime import datetime


def milliseconds(iso):
    return int(datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()) * 1000


def document(number, policy):
    """Numbers, because C compilers need not accept string literals as long as some policies."""
    text = json.dumps(policy["Document"], indent=4).encode()
    body = textwrap.fill(", ".join(map(str, text)), width=100)
    return f"static const char DOCUMENT_{number}[] = {{\n{body}}};\n\n"


def entry(number, name, policy):
    return (f'    {{STR_INIT("{name}"), STR_INIT("{policy["Path"]}"), {policy["Version"][1:]}, '
            f'{milliseconds(policy["Created"])}, {milliseconds(policy["Updated"])},\n'
            f'     {{DOCUMENT_{number}, sizeof DOCUMENT_{number}}}}},\n')


output, *sources = map(pathlib.Path, sys.argv[1:])
policies = sorted((path.stem, json.loads(path.read_text())) for path in sources)
output.write_text('/* Made by embed_managed.py from managed/: change those. */\n'
                  '#include "services/iam/aws_managed.h"\n\n'
                  + "".join(document(number, policy) for number, (_, policy) in enumerate(policies)) +
                  'const struct aws_managed_policy IAM_AWS_MANAGED_POLICIES[] = {\n'
                  + "".join(entry(number, *item) for number, item in enumerate(policies)) +
                  '};\n\n'
                  f'const size_t IAM_AWS_MANAGED_POLICY_COUNT = {len(policies)};\n')
