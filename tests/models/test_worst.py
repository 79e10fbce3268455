"""Every operation that clients may call has its worst request in the benchmark, or is asked as usual there."""
import pathlib
import sys

from model_text import read_model

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "wire")]
import worst  # noqa: E402


def test_every_public_operation_has_a_worst_request():
    models = {path.stem: read_model(path) for path in ROOT.glob("src/services/*/*.model") if path.stem != "runtime"}
    served = {(service, name) for service, model in models.items() for name, operation in model.operations.items()
              if not operation.internal}
    assert len(served) > 100
    assert {worst.operation_of(entry) for entry in worst.entries([])} == served


def test_no_two_of_the_worst_requests_have_one_name():
    names = [(entry["service"], entry["name"]) for entry in worst.entries([])]
    assert len(names) == len(set(names))


def test_what_shows_a_thousand_identities_or_policies_is_read_by_a_worker():
    iam = read_model(ROOT / "src" / "services" / "iam" / "iam.model")
    long = {name for name, operation in iam.operations.items() if operation.long}
    assert {"ListRoles", "ListUsers", "ListPolicies", "ListEntitiesForPolicy"} <= long
