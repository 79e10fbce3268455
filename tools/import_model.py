#!/usr/bin/env python3
"""Drafts a service's model from botocore's data: names and types, no prose.

  import_model.py --into src/services/sqs/sqs.model sqs StartMessageMoveTask
  import_model.py sqs SendMessage ReceiveMessage > draft.model

`--into` adds what a model lacks and changes nothing else: the operations, their shapes and errors; it takes the
operations off the `also` list.  Without operations, all of them are drafted.  What botocore's data lack must be
added by hand: actions that are not named like their operation, error prefixes, the service's common errors, notes.

Current data describe SQS as a JSON service only; the names of its Query protocol are taken from the data of the
old botocore in build-venv-old (tools/setup --tests), or from --query-data.
"""
import argparse
import gzip
import json
import pathlib
import re
import sys

BUILTIN = {"string": "string", "character": "string", "blob": "blob", "boolean": "boolean", "integer": "integer",
           "long": "long", "float": "float", "double": "double", "timestamp": "timestamp"}
READS = re.compile(r"(Batch|Transact)?(Get|List|Describe|Filter)|Query$|Scan$")
LOCATIONS = {"uri": "path", "querystring": "query", "header": "header", "headers": "headers", "statusCode": "status"}
WIDTH = 100
ROOT = pathlib.Path(__file__).resolve().parents[1]
OLD_DATA = "build-venv-old/lib/python3*/site-packages/botocore/data"


def default_data():
    import botocore
    return pathlib.Path(botocore.__file__).parent / "data"


def load(data, service):
    """The newest version of a service's description."""
    for folder in sorted(pathlib.Path(data, service).iterdir(), reverse=True):
        for name, opener in (("service-2.json", open), ("service-2.json.gz", gzip.open)):
            if (folder / name).exists():
                with opener(folder / name) as file:
                    return json.load(file)
    raise SystemExit(f"{data} does not describe {service}")


def quote(text):
    return '"' + text.replace('"', '\\"') + '"'


def wrap(words, indent="    "):
    lines, line = [], indent
    for word in words:
        if len(line) + len(word) >= WIDTH and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += word + " "
    return lines + [line.rstrip()] * bool(line.strip())


class Draft:
    """Model text for some operations; shapes are drafted when an operation refers to them."""

    def __init__(self, description, query_description=None, known=()):
        self.known = set(known)  # names that are declared already
        self.description = description
        self.shapes = description["shapes"]
        self.query_shapes = (query_description or description)["shapes"]
        self.done = {}
        self.errors = {}
        self.elements = dict(self.named_elements())

    def named_elements(self):
        """Structures that are a whole body in XML, and the names of their elements."""
        bodies = [operation.get("input", {}) for operation in self.description["operations"].values()]
        bodies += [shape["members"][shape["payload"]] for shape in self.shapes.values() if "payload" in shape]
        for body in bodies:
            if body.get("locationName", body.get("shape")) != body.get("shape"):
                yield body["shape"], body["locationName"]

    def structure_traits(self, name, shape):
        traits = f"  element {quote(self.elements[name])}" if name in self.elements else ""
        namespace = shape.get("xmlNamespace")
        if isinstance(namespace, dict):
            traits += f"  namespace {quote(namespace['uri'])}"
            traits += f" {quote(namespace['prefix'])}" if "prefix" in namespace else ""
        return traits

    def bounds(self, shape):
        word = "range" if shape["type"] in ("integer", "long", "float", "double") else "length"
        text = ""
        if "min" in shape or "max" in shape:
            low, high = shape.get("min"), shape.get("max")
            text += f" {word} {'' if low is None else int(low)}..{'' if high is None else int(high)}"
        if "pattern" in shape:
            text += f" pattern {quote(shape['pattern'])}"
        return text + (" sensitive" if shape.get("sensitive") else "")

    def container_names(self, name):
        """`item` or `entry`, where Query's name differs from the protocol's default."""
        shape = self.query_shapes.get(name, self.shapes[name])
        if shape["type"] == "list":
            item = shape["member"].get("locationName", "member")
            return "" if item == "member" or shape.get("flattened") else f" item {quote(item)}"
        key, value = shape["key"].get("locationName", "key"), shape["value"].get("locationName", "value")
        return "" if (key, value) == ("key", "value") else f" entry {quote(key)} {quote(value)}"

    def type_of(self, name):
        shape = self.shapes[name]
        if name in self.known:
            return name
        if shape["type"] in ("list", "map"):
            return self.container(name, shape)
        if shape["type"] == "structure" or "enum" in shape or self.bounds(shape):
            self.declare(name)
            return name
        return BUILTIN[shape["type"]]

    def container(self, name, shape):
        traits = self.container_names(name) + self.bounds(shape)
        if traits:
            self.declare(name)
            return name
        if shape["type"] == "list":
            return f"list<{self.type_of(shape['member']['shape'])}>"
        return f"map<{self.type_of(shape['key']['shape'])}, {self.type_of(shape['value']['shape'])}>"

    def declare(self, name):
        if name in self.done or name in self.known:
            return
        shape = self.shapes[name]
        self.done[name] = None
        if shape["type"] == "structure":
            kind = "union" if shape.get("union") else "structure"
            self.done[name] = [f"{kind} {name}{self.structure_traits(name, shape)}"] + self.members(name, shape)
        elif "enum" in shape:
            values = [value if re.fullmatch(r'[^\s<>,"#]+', value) else quote(value) for value in shape["enum"]]
            self.done[name] = [f"enum {name}"] + wrap(values)
        elif shape["type"] in ("list", "map"):
            parts = ("member",) if shape["type"] == "list" else ("key", "value")
            types = " ".join(self.type_of(shape[part]["shape"]) for part in parts)
            self.done[name] = [f"{shape['type']} {name} of {types}{self.container_names(name)}{self.bounds(shape)}"]
        else:
            self.done[name] = [f"{BUILTIN[shape['type']]} {name}{self.bounds(shape)}"]

    def members(self, name, shape, skip=()):
        rows = []
        for member, reference in shape["members"].items():
            if member in skip:
                continue
            traits = ["required"] if member in shape.get("required", ()) else []
            rows.append((member, self.type_of(reference["shape"]), traits + self.traits(name, shape, member)))
        longest = max((len(row[0]) for row in rows), default=0)
        widest = max((len(row[1]) for row in rows if row[2]), default=0)
        return [f"    {m:<{longest}}  {t:<{widest}}  {'  '.join(traits)}".rstrip() for m, t, traits in rows]

    def traits(self, name, shape, member):
        reference = shape["members"][member]
        wire = reference.get("locationName", member)
        target = self.shapes[reference["shape"]]
        format_ = reference.get("timestampFormat") or target.get("timestampFormat")
        traits = []
        if shape.get("payload") == member:
            traits.append("in payload")
        elif "location" in reference:
            location = LOCATIONS[reference["location"]]
            traits.append(f"in {location}" + (f" {quote(wire)}" if wire != member else ""))
        else:
            traits += self.query_traits(name, member, reference)
            traits += ["attribute"] * bool(reference.get("xmlAttribute"))
        if format_:
            traits.append(f"timestamp {dict(unixTimestamp='epoch', rfc822='http').get(format_, format_)}")
        return traits

    def query_traits(self, name, member, reference):
        reference = self.query_shapes.get(name, self.shapes[name])["members"].get(member, reference)
        target = self.query_shapes.get(reference["shape"], {})
        wire = reference.get("locationName", member)
        if target.get("flattened") or reference.get("flattened"):
            if target["type"] == "list":
                wire = target["member"].get("locationName", wire)
            return [f"flattened {quote(wire)}"]
        return [f"as {quote(wire)}"] if wire != member else []

    def error(self, name):
        if name in self.errors or name in self.known:
            return
        shape = self.shapes[name]
        facts = self.query_shapes.get(name, shape).get("error", {})
        receiver = shape.get("fault") or facts.get("httpStatusCode", 400) >= 500
        line = f"error {name} {facts.get('httpStatusCode', 500 if receiver else 400)}"
        if facts.get("code", name) != name:
            line += f" query {quote(facts['code'])}"
        if "Message" in shape["members"]:
            line += ' message "Message"'
        self.errors[name] = [line + " receiver" * bool(receiver)]
        self.errors[name] += self.members(name, shape, skip=("message", "Message"))

    def operation(self, name, skip_errors):
        description = self.description["operations"][name]
        lines = [f"operation {name} {'reads' if READS.match(name) else 'writes'}"]
        for part in ("input", "output"):
            if part in description:
                lines.append(f"    {part} {description[part]['shape']}")
                self.declare(description[part]["shape"])
        errors = [error["shape"] for error in description.get("errors", ()) if not skip_errors(error["shape"])]
        for error in errors:
            self.error(error)
        if errors:
            lines += [line[:4] + "errors " + line[4:] for line in wrap(errors)]
        if self.description["metadata"]["protocol"] in ("rest-json", "rest-xml"):
            http = description["http"]
            lines.append(f"    http {http['method']} {http['requestUri']} {http.get('responseCode', 200)}")
        return lines

    def header(self, service):
        metadata = self.description["metadata"]
        protocol = metadata["protocol"]
        protocol = f"json-{metadata['jsonVersion']}" if protocol == "json" else protocol.removeprefix("smithy-")
        lines = [f"service {service} {quote(metadata.get('targetPrefix') or metadata['serviceFullName'])} "
                 f"{metadata['apiVersion']}", f"    protocols {protocol}"]
        for word, key in (("target", "targetPrefix"), ("namespace", "xmlNamespace"), ("signing", "signingName")):
            if key in metadata:
                lines.append(f"    {word} {quote(metadata[key]) if key == 'xmlNamespace' else metadata[key]}")
        return lines


class Model:
    """A model's text as blocks: a line at the margin, the indented lines under it, and the comments above it."""

    def __init__(self, path):
        self.path = path
        self.blocks = re.split(r"\n\n+", path.read_text().strip("\n"))

    def words(self, block):
        """The first words of a block's declaration, skipping comments."""
        for line in block.splitlines():
            if not line.startswith("#"):
                return line.split()
        return [""]

    def declared(self):
        return {words[1] for words in map(self.words, self.blocks) if len(words) > 1 and words[0] != "note"}

    def common_errors(self):
        (service,) = [block for block in self.blocks if self.words(block)[0] == "service"]
        return {name for line in service.splitlines() if line.split()[:1] == ["errors"] for name in line.split()[1:]}

    def after_last(self, kind):
        """The position for another block of this kind; internal operations stay with their structures."""
        return max(i for i, block in enumerate(self.blocks)
                   if (words := self.words(block))[0] == kind and "internal" not in words) + 1

    def add(self, operations, shapes, errors):
        at = self.after_last("error")
        self.blocks[at:at] = errors
        first_error = min(i for i, block in enumerate(self.blocks) if self.words(block)[0] == "error")
        self.blocks[first_error:first_error] = shapes
        at = self.after_last("operation")
        self.blocks[at:at] = operations

    def take_off_also(self, names):
        for i, block in enumerate(self.blocks):
            if self.words(block)[0] == "also":
                left = [" ".join(name for name in line.split() if name not in names) for line in block.splitlines()[1:]]
                lines = [f"    {line}" for line in left if line]
                self.blocks[i] = "\n".join(["also", *lines]) if lines else ""

    def write(self):
        self.path.write_text("\n\n".join(block for block in self.blocks if block) + "\n")


def add_to(path, draft, wanted):
    """Add what the model lacks; return what was added."""
    model = Model(path)
    draft.known = model.declared()
    new = [name for name in wanted if name not in draft.known]
    common = model.common_errors()
    operations = ["\n".join(draft.operation(name, common.__contains__)) for name in new]
    model.add(operations, *(["\n".join(block) for block in blocks.values()] for blocks in (draft.done, draft.errors)))
    model.take_off_also(wanted)
    model.write()
    added = new + list(draft.done) + list(draft.errors)
    print(f"{path}: added {', '.join(added) or 'nothing'}", file=sys.stderr)


def query_description(args, description):
    """The data with the names of the Query protocol, where the description itself lacks them."""
    if args.query_data:
        return load(args.query_data, args.service)
    if "awsQueryCompatible" not in description["metadata"]:
        return None
    for data in ROOT.glob(OLD_DATA):
        if (data / args.service).is_dir():
            return load(data, args.service)
    print(f"{OLD_DATA} has no {args.service}: the names of the Query protocol are left to you.", file=sys.stderr)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, help="botocore's data folder (default: the installed one's)")
    parser.add_argument("--query-data", type=pathlib.Path, help="take the Query protocol's names from this one")
    parser.add_argument("--into", type=pathlib.Path, metavar="FILE", help="add to this model what it lacks")
    parser.add_argument("--skip-errors", default="$^", help="leave out errors whose names match")
    parser.add_argument("service")
    parser.add_argument("operations", nargs="*")
    args = parser.parse_args()

    description = load(args.data or default_data(), args.service)
    wanted = args.operations or list(description["operations"])
    unknown = set(wanted) - set(description["operations"])
    if unknown:
        parser.error(f"{args.service} has no operation {', '.join(sorted(unknown))}")

    draft = Draft(description, query_description(args, description))
    if args.into:
        add_to(args.into, draft, wanted)
        return
    blocks = [draft.header(args.service)]
    blocks += [draft.operation(name, re.compile(args.skip_errors).search) for name in wanted]
    blocks += list(draft.done.values()) + list(draft.errors.values())
    also = [name for name in description["operations"] if name not in wanted]
    if also:
        blocks.append(["also"] + wrap(also))
    print("\n\n".join("\n".join(block) for block in blocks))


if __name__ == "__main__":
    main()
