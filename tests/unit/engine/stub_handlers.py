"""Handlers that do nothing, for tests that need a service's tables and not the service.

usage: stub_handlers.py X_model.h stubs.c
"""
import os
import re
import sys

header, stubs = sys.argv[1:]
text = open(header).read()
with open(stubs, "w") as out:
    out.write(f'#include "{os.path.basename(header)}"\n\n')
    for result, name, arguments in re.findall(r"^(enum outcome|void|bool) (\w+)\(([^)]*)\);", text, re.M):
        names = re.findall(r"(\w+)(?:,|$)", arguments)
        unused = "\n".join(f"    (void){argument};" for argument in names)
        done = {"enum outcome": "    return DONE;\n", "bool": "    return false;\n", "void": ""}[result]
        out.write(f"{result} {name}({arguments})\n{{\n{unused}\n{done}}}\n\n")
