"""What the command line prints before it makes any call."""

import pytest

COMMANDS = ["deploy", "submit", "list", "show", "watch", "dlq", "wait", "burst"]


def test_help_names_every_command(run):
    result = run("--help")
    assert result.code == 0
    for command in COMMANDS:
        assert f"\n  {command}" in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(run, command):
    result = run(command, "--help")
    assert result.code == 0
    assert result.out.startswith(f"orderly orders {command}")
    assert "--endpoint-url" in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_explains_fits_a_terminal(run, command):
    explained = run(command, "--help").out.split("\n\nFlags of every command:")[0]
    prose = [line for line in explained.splitlines() if not line.startswith("  --")]
    assert [line for line in prose if len(line) > 103] == []


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["dance"], "dance is not a command. See orderly orders --help."),
        (["help", "dance"], "dance is not a command. See orderly orders --help."),
        (["show"], "ORDER is missing. See orderly orders show --help."),
        (["show", "O1", "O2"], "O2 is one word too many. See orderly orders show --help."),
        (["list", "--force"], "--force is not a flag of list. See orderly orders list --help."),
        (["list", "--limit"], "--limit needs a value: N. See orderly orders list --help."),
        (
            ["list", "--limit", "many"],
            '--limit takes a whole number from 1 to 100000000, not "many". See orderly orders list --help.',
        ),
        (
            ["submit", "--parallel=257"],
            '--parallel takes a whole number from 1 to 256, not "257". See orderly orders submit --help.',
        ),
        (["dlq", "--purge=yes"], "--purge takes no value. See orderly orders dlq --help."),
        (["dlq", "--purge", "--redrive"], "--redrive and --purge exclude each other. See orderly orders dlq --help."),
        (["dlq", "--json", "--redrive"], "--redrive and --json exclude each other. See orderly orders dlq --help."),
        (["dlq", "--json", "--purge"], "--purge and --json exclude each other. See orderly orders dlq --help."),
        (["submit", "o.jsonl", "--raw", "p.txt"], "FILE and --raw exclude each other. See orderly orders submit --help."),
        (["submit", "--raw", "p.txt", "--force"], "--raw and --force exclude each other. See orderly orders submit --help."),
    ],
)
def test_a_wrong_call_is_exit_code_2_and_says_what_is_wrong(run, words, sentence):
    result = run(*words)
    assert result.code == 2
    assert result.err == f"orderly: {sentence}\n"


def test_where_nobody_answers_it_says_how_to_start(run):
    result = run("list", "--endpoint-url", "http://127.0.0.1:9")
    assert result.code == 1
    assert result.err == "orderly: Nothing answers at http://127.0.0.1:9. Start it with ./run or orderly.\n"


def test_without_anything_configured_it_says_whom_it_calls(run):
    result = run("burst", "none")
    assert result.code == 2
    assert "calling Orderly at http://127.0.0.1:4566" in result.err
    assert 'N takes a whole number from 1 to 10000000, not "none". See orderly orders burst --help.' in result.err


def test_an_endpoint_elsewhere_needs_credentials(run):
    result = run("list", "--endpoint-url", "http://orders.invalid")
    assert result.code == 1
    assert "There are no credentials." in result.err


def test_an_unknown_function_is_refused(run):
    result = run("deploy", "--function", "cobol")
    assert result.code == 2
    assert '--function takes c, nodejs or python, not "cobol". See orderly orders deploy --help.' in result.err
