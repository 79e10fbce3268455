"""modelc refuses a bad model with a sentence that says what is wrong, and where."""
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

HEADER = """\
service toy "Toy" 2020-01-01
    protocols json-1.0
    target Toy
    validation-error Invalid
    access-denied Invalid
    internal-error Invalid
error Invalid 400
"""  # seven lines: the model of a test begins in line 8

GOOD = """\
operation Play writes
    input PlayRequest
structure PlayRequest
    Name  string  required
"""


@pytest.fixture
def compile_model(modelc, tmp_path):
    def run(text):
        (tmp_path / "toy.model").write_text(text)
        command = [modelc, "toy.model", "toy_model.h", "toy_model.c"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


def test_a_good_model_compiles_without_a_word(compile_model, tmp_path):
    result = compile_model(HEADER + GOOD)
    assert (result.returncode, result.stderr) == (0, "")
    assert "enum outcome toy_play(" in (tmp_path / "toy_model.h").read_text()
    assert "const struct operation TOY_PLAY" in (tmp_path / "toy_model.c").read_text()


def test_declared_containers_keep_their_names_in_c(compile_model, tmp_path):
    compile_model(HEADER + GOOD + """\
    Keys   KeyList
    More   list<AttributeMap>
    Same   map<string, Attribute>
    Other  list<Attribute>
    Words  WordList
list KeyList of AttributeMap length 1..9
map AttributeMap of string Attribute
list WordList of string
structure Attribute
    Text  string
""")
    header = (tmp_path / "toy_model.h").read_text()
    for line in ("struct toy_key_list keys;", "struct toy_key_list more;", "struct toy_attribute_map same;",
                 "struct toy_attribute_list other;", "struct str_list words;",
                 "struct toy_key_list { struct toy_attribute_map *items; size_t count; };",
                 "struct toy_attribute_map_entry { str key; struct toy_attribute value; };"):
        assert line in header


def test_structures_that_are_like_a_group_share_its_struct(compile_model, tmp_path):
    assert compile_model(HEADER + """\
operation Create writes
    input CreateRequest
operation Update writes
    input UpdateRequest
group Settings
    Size  integer
    Note  string  refused
structure CreateRequest
    Name  string  required
    like Settings
structure UpdateRequest
    like Settings
    Id    string  required
""").stderr == ""
    header = (tmp_path / "toy_model.h").read_text()
    assert "struct toy_settings {\n    const int64_t *size;\n    str note;\n};" in header
    assert "struct toy_create_request {\n    str name;\n    struct toy_settings settings;\n};" in header
    assert "struct toy_update_request {\n    struct toy_settings settings;\n    str id;\n};" in header
    assert "TOY_SETTINGS" not in header
    tables = (tmp_path / "toy_model.c").read_text()
    for structure in ("create", "update"):
        assert f"offsetof(struct toy_{structure}_request, settings.size)" in tables


def test_enums_are_enums_in_c(compile_model, tmp_path):
    assert compile_model(HEADER + GOOD + "    Runtime  Runtime\nenum Runtime\n    nodejs20.x KmsKey ALL_OLD\n").stderr == ""
    header = (tmp_path / "toy_model.h").read_text()
    assert ("enum toy_runtime {\n    TOY_RUNTIME_NODEJS20_X = 1,\n    TOY_RUNTIME_KMS_KEY,\n"
            "    TOY_RUNTIME_ALL_OLD,\n};\n") in header
    assert "str toy_runtime_text(enum toy_runtime value);\nenum toy_runtime toy_runtime_of(str text);\n" in header
    assert "    str runtime;\n" in header


BAD = {
    "an unknown shape": (
        GOOD + "    Size  Size\n",
        "toy.model:12: There is no shape Size."),
    "an unused shape": (
        GOOD + "string Lonely length 1..\n",
        "toy.model:12: No operation uses Lonely."),
    "a duplicate shape": (
        GOOD + "enum PlayRequest\n    A\n",
        "toy.model:12: PlayRequest is declared twice, first in line 10."),
    "a duplicate member": (
        GOOD + "    Name  integer\n",
        "toy.model:12: PlayRequest has two members named Name."),
    "members that meet in C": (
        GOOD + "    name  integer\n",
        "toy.model:12: The members Name and name of PlayRequest have the same name in C."),
    "constants that meet in C": (
        GOOD + "operation PLAY reads\n",
        "toy.model:12: PLAY would have the same name in C as what line 8 declares."),
    "a duplicate operation": (
        GOOD + "operation Play reads\n",
        "toy.model:12: Operation Play is declared twice."),
    "an operation that is served and not": (
        GOOD + "also Play\n",
        "toy.model:8: Play is served, so it does not belong under `also`."),
    "a chunked operation without a payload": (
        "operation Play writes chunked\n    input PlayRequest\nstructure PlayRequest\n    Bytes  blob  required\n",
        "toy.model:8: Play is chunked, so its input needs a blob that is `in payload`."),
    "a chunked operation without an input": (
        GOOD + "operation Stop writes chunked\n",
        "toy.model:12: Stop is chunked, so its input needs a blob that is `in payload`."),
    "a chunked operation whose payload is a text": (
        "operation Play writes chunked\n    input PlayRequest\nstructure PlayRequest\n    Text  string  in payload\n",
        "toy.model:8: Play is chunked, so its input needs a blob that is `in payload`."),
    "an operation that neither reads nor writes": (
        GOOD + "operation Stop quietly\n",
        "toy.model:12: Operation Stop must say whether it reads or writes."),
    "an unknown error": (
        GOOD + "operation Stop writes\n    errors Jammed\n",
        "toy.model:13: There is no error Jammed."),
    "an unused error": (
        GOOD + "error Jammed 400\n",
        "toy.model:12: No operation answers with the error Jammed."),
    "an error without status": (
        GOOD + "error Jammed\n",
        "toy.model:12: Error Jammed needs a status between 400 and 599."),
    "an input that is no structure": (
        GOOD + "operation Stop writes\n    input Word\nstring Word length 1..\n",
        "toy.model:13: Word is no structure."),
    "bounds the wrong way round": (
        GOOD + "    Size  integer  range 9..1\n",
        "toy.model:12: The bounds 9..1 are the wrong way round."),
    "bounds that are none": (
        GOOD + "    Size  integer  range many\n",
        'toy.model:12: Bounds are written 1..255, 0.. or ..255, not "many".'),
    "a range of a string": (
        GOOD + "    Size  string  range 1..2\n",
        "toy.model:12: Only numbers have a range; texts, lists and maps have a length."),
    "a length of a number": (
        GOOD + "    Size  integer  length 1..2\n",
        "toy.model:12: Only texts, blobs, lists and maps have a length; numbers have a range."),
    "a list with the name in C of another": (
        GOOD + "    A  list<Thing>\n    B  ThingList\nlist ThingList of Other\n"
        "structure Thing\n    X  string\nstructure Other\n    Y  string\n",
        "toy.model:14: ThingList would have the same name in C as list<Thing>, which holds something else."),
    "a map with keys that are no strings": (
        GOOD + "    Sizes  map<integer, string>\n",
        "toy.model:12: The keys of a map are strings."),
    "a list that holds itself": (
        GOOD + "    Rest  Rest\nlist Rest of Rest\n",
        "toy.model:13: Rest holds itself."),
    "a flattened string": (
        GOOD + '    Size  string  flattened "Size"\n',
        "toy.model:12: Size is flattened, but is neither a list nor a map."),
    "an enum with a value twice": (
        GOOD + "    Size  Size\nenum Size\n    S M S\n",
        "toy.model:14: Size has the value S twice."),
    "an open quote": (
        GOOD + '    Size  string  pattern "[a-z]\n',
        "toy.model:12: The quote is not closed on its line."),
    "a word that means nothing": (
        GOOD + "    Size  string  mandatory\n",
        'toy.model:12: A member cannot be "mandatory".'),
    "a declaration that means nothing": (
        GOOD + "record Queue\n",
        'toy.model:12: "record" begins no declaration.'),
    "a note about nothing": (
        GOOD + 'note Sing "Out of tune."\n',
        "toy.model:12: There is no operation or member Sing to take note of."),
    "a member that cannot be a name": (
        GOOD + "    1st  string\n",
        'toy.model:12: "1st" is no name: letters, digits and underscores.'),
    "a shape that cannot be a name": (
        GOOD + "structure Play-Ground\n",
        'toy.model:12: "Play-Ground" is no name: letters, digits and underscores.'),
    "an opaque member that an input takes": (
        GOOD + "    Extra  opaque\n",
        "toy.model:12: Extra is opaque, so an input must refuse it."),
    "a refusal of what no input has": (
        GOOD + "operation Stop writes\n    output Stopped\nstructure Stopped\n    Why  string  refused\n",
        "toy.model:15: No input has Why, so it cannot be refused."),
    "a refusal of what is required": (
        GOOD + "    Extra  string  required refused\n",
        "toy.model:12: Extra is required, so it cannot be refused."),
    "an exception that is no value": (
        GOOD + '    Size  Size  refused except "L"\nenum Size\n    S M\n',
        "toy.model:12: Size has no value L."),
    "a refusal with an unknown error": (
        GOOD + "    Extra  string  refused with Jammed\n",
        "toy.model:12: There is no error Jammed."),
    "a structure that is something else": (
        GOOD.replace("structure PlayRequest\n", "structure PlayRequest twice\n"),
        'toy.model:10: A structure cannot be "twice".'),
    "a namespace that no element declares": (
        GOOD + '    Kind  string  attribute namespace "http://toy.example/"\n',
        "toy.model:12: Kind is no element in a document, so it declares no namespace."),
    "a map in the query that holds more": (
        GOOD + "    Sizes  map<string, map<string, string>>  in query\n",
        "toy.model:12: Sizes is in the query, but is no map of strings or lists of strings."),
    "an attribute that holds more": (
        GOOD + "    Sizes  list<string>  attribute\n",
        "toy.model:12: Sizes is an attribute, but neither a text nor a number."),
    "a group that is not there": (
        GOOD + "    like Settings\n",
        "toy.model:12: There is no group Settings above."),
    "a likeness to a structure": (
        GOOD + "    like PlayRequest\n",
        "toy.model:12: There is no group PlayRequest above."),
    "a member that the group has": (
        "group Settings\n    Name  string\n" + GOOD + "    like Settings\n",
        "toy.model:14: PlayRequest has two members named Name."),
    "an unclosed type": (
        GOOD + "    Sizes  list<string\n",
        "toy.model:12: Expected '>' here: list<T> or map<K, T>."),
}


@pytest.mark.parametrize("case", BAD)
def test_modelc_refuses(compile_model, case):
    text, sentence = BAD[case]
    result = compile_model(HEADER + text)
    assert result.returncode == 1
    assert sentence in result.stderr.splitlines()


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(compile_model, tmp_path):
    result = compile_model(HEADER + GOOD + "    Size  Size\nstring Lonely length 1..\n")
    assert len(result.stderr.splitlines()) == 2
    assert not (tmp_path / "toy_model.h").exists()


def test_the_compatibility_page_says_what_each_shape_refuses(modelc, tmp_path):
    (tmp_path / "toy.model").write_text(HEADER + GOOD + """\
    Extra  opaque  refused
    Size   Size    refused "Only small ones." except "S" "M" with Jammed
enum Size
    S M L
error Jammed 409
""")
    subprocess.run([modelc, "--compatibility", "page.md", "toy.model"], cwd=tmp_path, check=True)
    assert "\n- `PlayRequest` refuses `Extra`, `Size` other than `S`, `M`.\n" in (tmp_path / "page.md").read_text()


EFFECTS = """\
effects toy
effect Play
    input PlayInput
    ended Played
structure PlayInput
    Name  string  required
    Size  long
event Played
    Name  string  required
"""


def test_effects_and_events_are_functions_that_take_their_structures(compile_model, tmp_path):
    result = compile_model(EFFECTS)
    assert (result.returncode, result.stderr) == (0, "")
    header = (tmp_path / "toy_model.h").read_text()
    for declared in (
            "void toy_play_effect(const struct call *call, const struct toy_play_input *in)",
            "bool toy_play_read(struct arena *arena, str payload, struct toy_play_input *in)",
            "void toy_played_post(struct engine *engine, const struct toy_played *in,"):
        assert declared in header
    assert "effect_begin(call, &TOY_PLAY, in);" in header
    tables = (tmp_path / "toy_model.c").read_text()
    assert '.name = "toy.play", .input = &TOY_PLAY_INPUT, .ended = &TOY_PLAYED}' in tables
    assert "operations[]" not in tables and "TOY_SERVICE" not in header + tables


def test_an_internal_operation_takes_an_event_of_another_model(compile_model, tmp_path):
    result = compile_model(HEADER + GOOD + "operation Hear writes internal\n    input world.BallPlayed\n")
    assert (result.returncode, result.stderr) == (0, "")
    header = (tmp_path / "toy_model.h").read_text()
    assert '#include "world_model.h"\n' in header
    assert "toy_hear(const struct call *call, const struct world_ball_played *in," in header
    assert ".input = &WORLD_BALL_PLAYED," in (tmp_path / "toy_model.c").read_text()


@pytest.mark.parametrize("text, sentence", [
    (EFFECTS.replace("    ended Played\n", ""), "toy.model:2: Effect Play needs its input and ended lines."),
    (EFFECTS.replace("    input PlayInput\n", ""), "toy.model:2: Effect Play needs its input and ended lines."),
    (EFFECTS.replace("effect Play", "effect Play soon"), "toy.model:2: This is written: effect NAME"),
    (EFFECTS.replace("ended Played", "ended PlayInput"), "toy.model:4: There is no event PlayInput."),
    (EFFECTS.replace("ended Played", "end Played"),
     "toy.model:4: An effect has an input and what is told when it has ended."),
    (EFFECTS + "effect Play\n    input PlayInput\n    ended Played\n",
     "toy.model:10: Effect Play is declared twice."),
    (EFFECTS + "structure Lonely\n", "toy.model:10: No operation uses Lonely."),
    (EFFECTS + "operation Hear writes internal\n", "toy.model:10: A model of effects has no operations."),
    (HEADER + GOOD + EFFECTS.split("\n", 1)[1],
     "toy.model:12: Effects stand in a model of their own: effects NAME"),
    (HEADER + GOOD + "event Played\n", "toy.model:12: Only a model of effects has events."),
    (HEADER + GOOD + EFFECTS, "toy.model:12: A model is of one service, or of effects."),
    (HEADER + GOOD.replace("input PlayRequest", "input world.Played"),
     "toy.model:9: Only internal operations take a structure of another model."),
])
def test_modelc_refuses_effects_that_are_not_whole(compile_model, text, sentence):
    result = compile_model(text)
    assert result.returncode == 1
    assert sentence in result.stderr.splitlines()


REST = HEADER.replace("json-1.0", "rest-json") + """\
operation Play writes
    input PlayRequest
    http POST {path} 200
structure PlayRequest
    Name  string  {traits}
"""


@pytest.mark.parametrize("path, traits, sentence", [
    ("/play", "required in path", "toy.model:8: The path of Play lacks {Name}."),
    ("/play/{Name}", "in path", "toy.model:12: Name stands in the path, so it is required."),
    ("/play/{Name}", "in query", "toy.model:8: The path of Play names members that are not `in path`."),
])
def test_modelc_refuses_paths_that_do_not_fit_their_members(compile_model, path, traits, sentence):
    result = compile_model(REST.replace("{path}", path).replace("{traits}", traits))
    assert result.returncode == 1
    assert sentence in result.stderr.splitlines()


STREAM = """\
operation Play reads
    output Played
structure Played
    Moves  Move  in eventstream
union Move
    Step  Step
structure Step
    Length  integer
"""


def test_an_operation_streams_when_its_output_has_a_stream_of_events(compile_model, tmp_path):
    result = compile_model(HEADER + STREAM)
    assert (result.returncode, result.stderr) == (0, "")
    assert "OPERATION_STREAMS" in (tmp_path / "toy_model.c").read_text()
    compile_model(HEADER + GOOD)
    assert "OPERATION_STREAMS" not in (tmp_path / "toy_model.c").read_text()


@pytest.mark.parametrize("old, new, sentence", [
    ("union Move", "structure Move", "toy.model:11: Moves is a stream of events, so its shape is a union."),
    ("Move  in eventstream\n", "Move  in eventstream\n    More  Move  in eventstream\n",
     "toy.model:8: The output of Play has more than one stream of events."),
    ("    output", "    input Played\n    output", "toy.model:8: The input of Play cannot be a stream of events."),
    ("Play reads", "Play reads internal", "toy.model:8: Play streams, so it is not internal."),
])
def test_modelc_refuses_streams_that_cannot_be_sent(compile_model, old, new, sentence):
    result = compile_model(HEADER + STREAM.replace(old, new, 1))
    assert result.returncode == 1
    assert sentence in result.stderr.splitlines()


def test_modelc_refuses_streams_of_other_protocols(compile_model):
    header = HEADER.replace("json-1.0", "json-1.0 query").replace("    target", '    namespace "http://toy/"\n    target')
    assert compile_model(header + STREAM).stderr.splitlines() == [
        "toy.model:9: Play streams, which only the JSON protocols do."]


def test_a_service_names_the_errors_that_the_engine_answers_with(compile_model):
    result = compile_model(HEADER.replace("    access-denied Invalid\n", "") + GOOD)
    assert result.stderr.splitlines() == ["toy.model:1: The service names no access-denied."]


def test_a_service_has_its_own_dialect_or_that_of_coral(compile_model, tmp_path):
    for word, dialect in (("", "CORAL"), ("    dialect toy\n", "TOY")):
        assert compile_model(HEADER.replace("    target Toy\n", "    target Toy\n" + word) + GOOD).returncode == 0
        assert f".dialect = &{dialect}_DIALECT," in (tmp_path / "toy_model.c").read_text()


@pytest.mark.parametrize("word, is_private", [("", "false"), ("    listen private\n", "true")])
def test_a_service_is_public_unless_its_model_says_private(compile_model, tmp_path, word, is_private):
    assert compile_model(HEADER.replace("    target Toy\n", "    target Toy\n" + word) + GOOD).returncode == 0
    assert f".is_private = {is_private}," in (tmp_path / "toy_model.c").read_text()


def test_a_service_listens_nowhere_else(compile_model):
    result = compile_model(HEADER.replace("    target Toy\n", "    target Toy\n    listen everywhere\n") + GOOD)
    assert result.stderr.splitlines() == [
        'toy.model:4: A service listens "private" or says nothing, not "everywhere".']


def test_the_compatibility_page_is_that_of_the_models(modelc, tmp_path):
    """If they differ: modelc --compatibility docs/compatibility.md src/services/*/*.model"""
    models = ROOT.glob("src/services/*/*.model")
    subprocess.run([modelc, "--compatibility", tmp_path / "page.md", *models], check=True)
    assert (tmp_path / "page.md").read_text() == (ROOT / "docs/compatibility.md").read_text()


PERMISSIONS = HEADER + """\
resource item arn:toy:{region}:{account}:{key} tags toy:Colour
action Lend on item key toy:To toy:Until
operation Play writes
    input PlayRequest
    on item Games.Name action toy:Join if Tags
    also toy:Watch
    on item Teams.key else "nobody"
    on arn:toy:{region}:{account}:*
    key toy:Size Size else "none"
    key aws:RequestTag Tags
    key toy:Leader by leader
structure PlayRequest
    Games  list<Game>
    Teams  map<string, Game>
    Size   integer
    Tags   map<string, string>
structure Game
    Name  string
"""


def test_the_permissions_page_has_a_row_for_every_action(modelc, tmp_path, compile_model):
    assert compile_model(PERMISSIONS).stderr == ""
    subprocess.run([modelc, "--permissions", "page.md", "toy.model"], cwd=tmp_path, check=True)
    item, keys = "`arn:toy:${Region}:${Account}:${key}`", "`toy:Size`, `aws:RequestTag/${TagKey}`, `aws:TagKeys`, `toy:Leader`"
    of_item = "`aws:ResourceTag/${TagKey}`, `toy:Colour`"
    assert (tmp_path / "page.md").read_text().split("|---|---|---|---|\n")[1].splitlines() == [
        f"| Play | `toy:Join` if `Tags` | {item} | {of_item}, {keys} |",
        f"|  | `toy:Watch` | {item} | {of_item}, {keys} |",
        f"|  | `toy:Play` | {item} | {of_item}, {keys} |",
        f"|  | `toy:Play` | `arn:toy:${{Region}}:${{Account}}:*` | {keys} |",
        f"| (no operation) | `toy:Lend` | {item} | {of_item}, `toy:To`, `toy:Until` |",
    ]


def test_a_service_knows_the_condition_keys_that_it_supplies(tmp_path, compile_model):
    compile_model(PERMISSIONS)
    tables = (tmp_path / "toy_model.c").read_text()
    listed = tables.split("condition_keys[] = {")[1].split("NULL")[0]
    assert listed.replace('"', "").split(", ")[:-1] == [
        "aws:ResourceTag/", "toy:Colour", "toy:To", "toy:Until", "toy:Size", "aws:RequestTag/", "aws:TagKeys",
        "toy:Leader"]


def test_a_locator_is_given_a_text_when_the_request_names_none(tmp_path, compile_model):
    compile_model(PERMISSIONS)
    rows = [line for line in (tmp_path / "toy_model.c").read_text().splitlines() if ".locate = locate_item" in line]
    assert ['.otherwise = "nobody"' in row for row in rows] == [False, True]


def test_a_function_of_operations_with_different_inputs_takes_any(tmp_path, compile_model):
    again = PERMISSIONS.replace("structure PlayRequest", """\
operation Watch reads
    input WatchRequest
    on *
    key toy:Leader by leader
structure WatchRequest
    Name  string
structure PlayRequest""")
    for text, taken in ((PERMISSIONS, "struct toy_play_request"), (again, "void")):
        assert compile_model(text).stderr == ""
        assert f"void toy_leader(const struct call *call, const {taken} *in," in (tmp_path / "toy_model.h").read_text()


@pytest.mark.parametrize("old, new, complaint", [
    ("    on item Teams.key", "    on item Teams.keys", "14: The input of Play has no Teams.keys."),
    ("    on item Teams.key", "    on item Games.key", "14: The input of Play has no Games.key."),
    ("    on item Teams.key", "    on item Size", "14: Size names no resource: it is no text."),
    ("    on item Teams.key", "    on thing Teams.key", "14: There is no resource thing."),
    ("    on item Teams.key", "    on item", "14: This is written: on KIND PATH [with PATH] [else \"text\"], on KIND "
                                              "by FUNCTION, or on ARN; [action ACTION] [if PATH] [or]"),
    ("    on item Teams.key", "    on item Teams.key with Tag", "14: The input of Play has no Tag."),
    ("    on item Teams.key", "    on item Teams.key with Games", "14: Games is not one text or number."),
    ("    on item Teams.key", "    on item Teams.key with Games.Name", "14: Games.Name is not one text or number."),
    ("    on item Teams.key", "    on item Teams.key with Tags.key", "14: Tags.key is not one text or number."),
    ("    on item Teams.key", "    also toy:See when Size", "14: This is written: also ACTION [if PATH [is \"VALUE\"]]"),
    ("toy:Size Size else", "toy:Size Games else", "16: Games has no value: it is a structure."),
    ("toy:Leader by leader", "toy:Leader", "18: This is written: key NAME PATH [else \"value\"], "
                                           "or key NAME … by FUNCTION"),
    ("{key} tags", "{key} tag", "8: This is written: resource NAME arn:… [tags] [KEY …]"),
    ("toy:Colour", "Colour", "8: This is written: resource NAME arn:… [tags] [KEY …]"),
    ("key toy:To toy:Until", "toy:To", "9: This is written: action NAME on KIND [key KEY …]"),
    ("key toy:To toy:Until", "key Until", "9: This is written: action NAME on KIND [key KEY …]"),
    ("Lend on item", "Lend on thing", "9: There is no resource thing."),
    ("structure Game", "resource item arn:b\nstructure Game", "24: The resource item is declared twice."),
])
def test_permissions_that_mean_nothing_are_refused(compile_model, old, new, complaint):
    assert old in PERMISSIONS
    assert compile_model(PERMISSIONS.replace(old, new)).stderr.splitlines()[0] == f"toy.model:{complaint}"


@pytest.mark.parametrize("line, is_fine", [
    ("    on arn:toy:{region}:{account}:*", True), ("    on *", True), ("    on item Teams.key else \"x\"", True),
    ("    on item Squad.key", True), ("    on item by asked", True), ("    on item Bench.Name", True),
    ("    on item Crowd.key", False), ("    on item Row.Name", False), ("    on item Bench.Title", False),
    ("    on item Teams.key or", True), ("    on item Crowd.key or", True), ("    on item Teams.key if Size or", False),
    ("    on item Teams.key", False), ("    on item Teams.key with Leader", False), ("    on * if Size", False),
    ("    on item Squad.key if Size", False),
])
def test_an_operation_needs_a_permission_for_every_request(compile_model, line, is_fine):
    text = PERMISSIONS.replace("    on arn:toy:{region}:{account}:*", line).replace(" else \"nobody\"", "")
    text = text.replace("    Size   integer", "    Squad  Squad  required\n    Crowd  map<string, Game>  required\n"
                        "    Row    list<Player>  required\n    Bench  Bench  required\n    Leader string\n    Size   integer")
    text += ("\nmap Squad of string Game length 1..9\n\nlist Bench of Player length 1..9\n\n"
             "structure Player\n    Name  string  required\n    Title  string\n")
    complaint = ("toy.model:12: A request of Play may name no resource, and then needs no permission: one `on` needs a "
                 "required member that is not empty or `else`, or the operation is `anonymous`.\n")
    assert compile_model(text).stderr == ("" if is_fine else complaint)
    assert compile_model(text.replace("Play writes", "Play writes anonymous")).stderr == ""


def test_the_permissions_page_is_that_of_the_models(modelc, tmp_path):
    """If they differ: modelc --permissions docs/permissions.md src/services/*/*.model"""
    models = ROOT.glob("src/services/*/*.model")
    subprocess.run([modelc, "--permissions", tmp_path / "page.md", *models], check=True)
    assert (tmp_path / "page.md").read_text() == (ROOT / "docs/permissions.md").read_text()
