"""The parts of a service's SQL."""

import re


def parts(source):
    """(kind, name, SQL) of each migration and statement."""
    text = re.sub(r"^-- (?!migration:|statement:).*\n", "", source.read_text(), flags=re.M)
    found = re.split(r"^-- (migration|statement): (\S+).*\n", text, flags=re.M)[1:]
    return list(zip(found[::3], found[1::3], found[2::3]))
