"""tools/check_words finds the turns that it bans, in comments of every language here, and nothing else."""
import importlib.machinery
import importlib.util
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tools/check_words"


def loaded():
    loader = importlib.machinery.SourceFileLoader("check_words", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_words", loader))
    sys.modules["check_words"] = module
    loader.exec_module(module)
    return module


check_words = loaded()

# A sentence that has each turn of BANNED, in its order.
BANNED = [
    "The row is none.", "A message stands in that range.", "The log says so.", "It is FAILED, and said in the log.",
    "It goes on with the next row.", "One of those is deleted.", "The owner of those of those queues.",
    "The queue whom it was sent to.", "A name of such a queue.", "Answer with what there is.",
    "NULL when there is none.", "One whose time has come.", "NULL when absent.", "The caller: he undoes it.",
    "Whoever reads it must wait.", "False: it has been said why.", "See what becomes of a call.",
    "Keys that are no text are refused.", "A call may be woken for nothing.", "It reads the text, whatever it is.",
]
ALLOWED = [
    "`NULL when absent.`", '"The queue is none of ours." is AWS\'s sentence.', "The digit stands for ten.",
    "A standard queue has no outstanding messages.", "The member is None until then.", "The rows are no longer read.",
    "The engine goes on.", "It costs nothing.",
]
FORMS = {
    "a.c": "int a; /* {} */", "b.h": "/*\n * {}\n */\nint b;", "c.py": "def f():\n    \"\"\"{}\"\"\"", "d.py": "x = 1  # {}",
    "e.sql": "-- {}\nselect 1;", "f.model": "# {}\noperation F", "g.md": "# Head\n\n- item\n\n{}",
    "h.sh": "#!/bin/sh\n# {}\ntrue", "i.mjs": "// {}\nlet i;", "j.ts": "/** {} */\nlet j: number;",
    "k.tsx": "const k = <p>{/* {} */}</p>;", "l.css": "/* {} */\n.l { }",
    "meson.build": "# {}\nx = 1",
}
OTHERS = {
    "a.c": 'const char *a = "{}";', "c.py": "X = 'It says {}'", "d.sql": "-- statement: of_those :one\nselect '{}';",
    "e.md": "```\n{}\n```\n\n    {}", "f.sh": "#!/bin/sh\necho '{}'", "g.txt": "{}", "h.ts": "const h = '{}';",
}


def found(path, text):
    return check_words.problems_of(path, text)


def test_there_is_a_sentence_for_each_banned_turn():
    assert len(BANNED) == len(check_words.BANNED)


@pytest.mark.parametrize("number", range(len(BANNED)))
def test_a_banned_turn_is_found_with_its_line_and_what_to_write(number):
    problems = found("a.c", f"int a;\n\n/* Fine.\n * {BANNED[number]} */\n")
    assert any(problem.startswith("a.c:4: ") and problem.endswith(check_words.BANNED[number][1])
               for problem in problems), problems


@pytest.mark.parametrize("sentence", ALLOWED)
def test_quotes_and_ordinary_words_are_not_found(sentence):
    assert found("a.c", f"/* {sentence} */") == []


@pytest.mark.parametrize("path", FORMS)
def test_a_turn_is_found_in_every_kind_of_comment(path):
    assert len(found(path, FORMS[path].replace("{}", "A message stands there."))) == 1
    assert found(path, FORMS[path].replace("{}", "A message is there.")) == []


@pytest.mark.parametrize("path", OTHERS)
def test_nothing_but_comments_is_read(path):
    assert found(path, OTHERS[path].replace("{}", "A message stands there.")) == []


def test_a_turn_over_two_lines_is_found_where_it_begins():
    [problem] = found("a.c", "/*\n * A row goes on\n * with it.\n */")
    assert problem.startswith("a.c:2: \"goes on with\"")


def test_a_function_whose_name_says_too_little_is_found():
    assert len(found("a.c", "static void act(int a);")) == 1
    assert len(found("a.c", "int a = dynamodb_consumed(1);")) == 1
    assert found("a.c", "int end_overdue(int act); /* act(1) */ bool folded = true; react(1); char *b = \"act(1)\";") == []


def test_a_table_without_its_line_of_dashes_is_found():
    whole = "Text.\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n"
    assert found("a.md", whole) == []
    [problem] = found("a.md", whole.replace("|---|:-:|\n", ""))
    assert problem.startswith("a.md:3: ")
    assert len(found("a.md", "| a |")) == 1


def test_a_row_that_was_broken_and_joined_with_the_next_one_is_found():
    whole = "/*\n * a.c: two doors.\n *\n *     GET  /a   one\n *     GET  /b   the other\n *               one\n *\n * Text.\n */"
    assert found("a.c", whole) == []
    [problem] = found("a.c", whole.replace(" *     GET  /b ", " * GET /b "))
    assert problem.startswith("a.c:5: ")


def test_a_draw_prints_that_many_comments_and_the_same_for_one_seed():
    def drawn(seed):
        return subprocess.run([TOOL, "--draw", "5", "--seed", str(seed)], capture_output=True, text=True, check=True).stdout
    assert drawn(1) == drawn(1) != drawn(2)
    assert drawn(1).count("\n\n") == 5
