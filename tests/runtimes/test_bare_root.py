"""The C function's package needs only a kernel on the machine that it runs on."""

import json
import os
import ssl
import subprocess
import zipfile

import pytest

from .conftest import REPOSITORY
from .events import O1234, O1234_ITEM, batch, notification
from .fakes import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, DynamoDb, RuntimeApi


@pytest.fixture
def bare_root(tmp_path, orders_zip):
    """A root with the unpacked function in /var/task, as on AWS, and nothing else."""
    root = tmp_path / "root"
    task_root = root / "var" / "task"
    with zipfile.ZipFile(orders_zip) as package:
        for entry in package.infolist():
            package.extract(entry, task_root)
            (task_root / entry.filename).chmod(entry.external_attr >> 16 & 0o777)
    return root


def run_in_bare_root(root, endpoint, **environment):
    """Starts the package, gives it one order and returns its answer."""
    api = RuntimeApi()
    alone = ["unshare"] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
    process = subprocess.Popen(
        [*alone, "--mount", "--root", str(root), "--wd", "/var/task", "/var/task/bootstrap"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={
            "PATH": os.environ["PATH"],
            "LAMBDA_TASK_ROOT": "/var/task",
            "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/task/lib",
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            **environment,
        })
    try:
        api.send(json.dumps(batch(notification(O1234))).encode())
        return api.next_answer().value
    finally:
        process.kill()
        print(process.communicate()[0].decode())
        api.stop()


def test_the_package_runs_where_there_is_nothing_else(bare_root, dynamodb):
    answer = run_in_bare_root(bare_root, "http://" + dynamodb.address)
    assert answer == {"batchItemFailures": []}
    assert dynamodb.items == {"O1234": O1234_ITEM}


def test_its_tls_trusts_the_machine_s_authorities_where_amazon_linux_keeps_them(bare_root, tmp_path):
    bundle = bare_root / "etc" / "pki" / "tls" / "certs" / "ca-bundle.crt"
    bundle.parent.mkdir(parents=True)
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", bundle],
                   check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(bundle, key)
    server = DynamoDb(tls)
    try:
        endpoint = "https://" + server.address
        assert run_in_bare_root(bare_root, endpoint) == {"batchItemFailures": []}
        assert server.items == {"O1234": O1234_ITEM}
        bundle.write_text("")
        assert run_in_bare_root(bare_root, endpoint)["batchItemFailures"]
    finally:
        server.stop()
    assert server.problems == []


def test_the_package_is_the_same_each_time_it_is_made(orders_zip, tmp_path):
    again = tmp_path / "again.zip"
    built = [orders_zip.parent / name for name in ["bootstrap", "order-processor", "libendpoint-https.so"]]
    subprocess.run([REPOSITORY / "apps/orders/functions/c/package", again, *built], check=True)
    assert again.read_bytes() == orders_zip.read_bytes()
