"""Which failed tests ./test asks once more."""

import pathlib
import subprocess
from xml.sax.saxutils import quoteattr

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def asked_again(tmp_path, *failures, tag="failure"):
    cases = [f'<testcase classname="tests.web.test_a" name="test_{number}[x]"><{tag} message={quoteattr(said)}>trace</{tag}></testcase>'
             for number, said in enumerate(failures)]
    passed = '<testcase classname="tests.web.test_a" name="test_good"/>'
    report = tmp_path / "web.xml"
    report.write_text(f"<testsuites><testsuite>{passed}{''.join(cases)}</testsuite></testsuites>")
    return subprocess.run([ROOT / "tools/unsteady", report], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("count, again", [(0, 0), (1, 1), (3, 3), (4, 0)])
def test_few_failures_are_asked_again(tmp_path, count, again):
    names = [f"tests/web/test_a.py::test_{number}[x]" for number in range(count)]
    assert asked_again(tmp_path, *["assert 1 == 2"] * count) == names[:again]


@pytest.mark.parametrize("said", [
    "ERROR: AddressSanitizer: heap-use-after-free", "a.c:3:5: runtime error: shift", "src/a.c:7: check failed: count > 0",
    "the server ended with -6 []:"])
@pytest.mark.parametrize("tag", ["failure", "error"])
def test_what_a_second_try_does_not_excuse_is_not_asked_again(tmp_path, said, tag):
    assert asked_again(tmp_path, "assert 1 == 2", said, tag=tag) == []
