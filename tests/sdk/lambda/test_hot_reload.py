"""Functions whose code is a folder of the server's machine: LocalStack's S3Bucket hot-reload."""

import functools
import json
import os
import pathlib
import shutil
import tempfile

import boto3
import orderly_server
import pytest
from botocore.config import Config
from orderly_fixtures import ACCOUNT, LAMBDA_TRUST, zip_of
from queues import awaited

OTHER_ACCOUNT = "111111111111"
COUNTER = "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return ['{}', count]\n"


class Site:
    """A server that allows one folder, and a role."""

    def __init__(self, *arguments, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="orderly-hot-"))
        self.folder.chmod(0o755)
        self.server = orderly_server.Server(*arguments, "--hot-reload", str(self.folder)).start()
        self.role = self.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]

    @functools.cache
    def client(self, service, account="test"):
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1",
                            aws_access_key_id=account, aws_secret_access_key="test",
                            config=Config(retries={"max_attempts": 0}, read_timeout=60))

    def write(self, path, text):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path.parent)

    def create(self, name, key, code=None, **arguments):
        settings = {"Runtime": "python3.11", "Handler": "index.handler", "Timeout": 20, "Role": self.role, **arguments}
        return self.client("lambda").create_function(
            FunctionName=name, Code={"S3Bucket": "hot-reload", "S3Key": str(key), **(code or {})}, **settings)

    def invoke(self, name):
        reply = self.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        return json.loads(reply["Payload"].read())

    def close(self):
        self.server.end()
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def told(site, refused, unique):
    """told(key) returns the code and the sentence with which a function with that folder is refused."""

    def refuse(key, **arguments):
        error = refused(site.create, name=unique("f")[:64], key=key, **arguments)
        return error["code"], error["message"]

    return refuse


# --- Running -----------------------------------------------------------------------------------


def test_a_change_of_a_file_makes_new_sandboxes_and_nothing_else_does(site):
    folder = site.write("changes/index.py", COUNTER.format("one"))
    site.create("changes", folder)
    assert [site.invoke("changes"), site.invoke("changes")] == [["one", 1], ["one", 2]]
    site.write("changes/index.py", COUNTER.format("two"))
    assert [site.invoke("changes"), site.invoke("changes")] == [["two", 1], ["two", 2]]
    site.write("changes/below/data.txt", "x")
    assert [site.invoke("changes"), site.invoke("changes")] == [["two", 1], ["two", 2]]
    os.remove(f"{folder}/below/data.txt")
    assert [site.invoke("changes"), site.invoke("changes")] == [["two", 1], ["two", 2]]


def test_every_change_is_seen_by_the_very_next_invocation(site):
    folder = site.write("often/index.py", COUNTER.format(0))
    site.create("often", folder)
    for number in range(20):
        site.write("often/index.py", COUNTER.format(number))
        assert site.invoke("often") == [str(number), 1]


def test_versions_and_aliases_see_the_folder_too(site):
    folder = site.write("versions/index.py", COUNTER.format("one"))
    site.create("versions", folder, Publish=True)
    assert site.invoke("versions:1") == ["one", 1]
    assert site.invoke("versions") == ["one", 1]
    site.write("versions/index.py", COUNTER.format("two"))
    assert [site.invoke("versions:1"), site.invoke("versions"), site.invoke("versions:1")] == [
        ["two", 1], ["two", 1], ["two", 2]]


def test_a_function_is_described_as_localstack_does(site):
    folder = site.write("described/index.py", COUNTER.format("one"))
    made = site.create("described", folder)
    shown = site.client("lambda").get_function(FunctionName="described")
    assert (made["CodeSize"], made["CodeSha256"]) == (0, "hot-reloading-hash-not-available")
    assert shown["Code"] == {"RepositoryType": "S3", "Location": f"file://{folder}"}
    assert shown["Configuration"]["State"] == "Active"


def test_code_may_change_from_a_package_to_a_folder_and_back(site):
    functions = site.client("lambda")
    folder = site.write("both/index.py", COUNTER.format("folder"))
    package = zip_of({"index.py": COUNTER.format("package")})
    functions.create_function(FunctionName="both", Code={"ZipFile": package}, Runtime="python3.11", Role=site.role,
                              Handler="index.handler", Timeout=20)
    assert site.invoke("both") == ["package", 1]
    functions.update_function_code(FunctionName="both", S3Bucket="hot-reload", S3Key=folder)
    assert site.invoke("both") == ["folder", 1]
    functions.update_function_code(FunctionName="both", ZipFile=package)
    assert site.invoke("both") == ["package", 1]
    functions.delete_function(FunctionName="both")
    assert os.path.exists(f"{folder}/index.py")


def test_a_batch_of_a_queue_sees_the_change(site):
    sqs = site.client("sqs")
    queue, answers = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "answers"))
    site.client("iam").put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}))
    source = (
        "import boto3, os\n"
        "def handler(event, context):\n"
        "    sqs = boto3.client('sqs', endpoint_url=os.environ['AWS_ENDPOINT_URL'])\n"
        f"    sqs.send_message(QueueUrl='{answers}', MessageBody='{{}}')\n")
    folder = site.write("queue/index.py", source.format("one"))
    site.create("queue", folder)
    site.client("lambda").create_event_source_mapping(
        FunctionName="queue", EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:work")
    for word in ("one", "two"):
        site.write("queue/index.py", source.format(word))
        sqs.send_message(QueueUrl=queue, MessageBody="x")
        assert awaited(sqs, answers)[0]["Body"] == word
        sqs.purge_queue(QueueUrl=answers)


# --- What a function must not do ---------------------------------------------------------------


def test_the_folder_is_read_only_and_its_links_do_not_lead_out(site):
    secret = tempfile.NamedTemporaryFile(prefix="orderly-secret-")
    secret.write(b"secret")
    secret.flush()
    os.chmod(secret.name, 0o644)
    folder = site.write("closed/index.py", (
        "import os\n"
        "def tried(act):\n"
        "    try:\n"
        "        return act()\n"
        "    except OSError as error:\n"
        "        return error.strerror\n"
        "def handler(event, context):\n"
        "    return [tried(lambda: open('/var/task/new', 'w').name), tried(lambda: os.remove('/var/task/index.py')),\n"
        "            tried(lambda: open('/var/task/link').read()), tried(lambda: open('/var/task/up/data').read()),\n"
        "            sorted(os.listdir('/var/task'))]\n"))
    os.symlink(secret.name, f"{folder}/link")
    os.symlink("..", f"{folder}/up")
    site.write("data", "secret")
    site.create("closed", folder)
    read_only, gone = "Read-only file system", "No such file or directory"
    assert site.invoke("closed") == [read_only, read_only, gone, gone, ["index.py", "link", "up"]]


def test_only_folders_that_the_option_names_are_taken(site, told):
    beside = f"{site.folder}-beside"
    os.mkdir(beside)
    outside = (
        "InvalidParameterValueException",
        "The hot-reload folder {} is not below a folder that --hot-reload names.")
    for folder in (beside, "/etc", "/", str(site.folder.parent), f"{site.folder}/.."):
        assert told(folder) == (outside[0], outside[1].format(folder))
    os.symlink("/etc", site.folder / "to-etc")
    for folder in (f"{site.folder}/to-etc", f"{site.folder}/to-etc/ssl"):
        assert told(folder) == (outside[0], outside[1].format(folder))
    os.rmdir(beside)


def test_what_is_no_folder_is_refused(site, told):
    site.write("file/index.py", "x")
    absent = "The hot-reload folder {} is not a folder of the server's machine, or the server may not read it."
    for folder in (f"{site.folder}/none", f"{site.folder}/file/index.py"):
        assert told(folder) == ("InvalidParameterValueException", absent.format(folder))
    for folder in ("src", "./src", "~/src", "."):
        assert told(folder) == (
            "InvalidParameterValueException",
            "The S3Key of a hot-reload function must be the absolute path of a folder.")


def test_another_account_may_not_name_a_folder(site, refused):
    folder = site.write("mine/index.py", COUNTER.format("x"))
    iam = site.client("iam", OTHER_ACCOUNT)
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    functions = site.client("lambda", OTHER_ACCOUNT)
    error = refused(functions.create_function, FunctionName="f", Runtime="python3.11", Handler="index.handler",
                    Role=role, Code={"S3Bucket": "hot-reload", "S3Key": folder})
    assert (error["code"], error["message"]) == (
        "AccessDeniedException", f"Only the server's own account, {ACCOUNT}, may name folders of its machine.")


def test_the_servers_own_data_is_not_code(refused):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="orderly-hot-"))
    site = Site("--data", str(folder / "data"), folder=folder)
    for key in (folder, folder / "data", folder / "data/functions"):
        error = refused(site.create, name="f", key=key)
        assert error["message"] == (
            f"The hot-reload folder {key} contains the server's own data, or is among them.")
    site.write("code/index.py", COUNTER.format("good"))
    site.create("good", folder / "code")
    assert site.invoke("good") == ["good", 1]
    site.close()


def test_a_server_without_the_option_names_it(client, make_role, refused):
    error = refused(client("lambda").create_function, FunctionName="f", Runtime="python3.11", Role=make_role(),
                    Handler="index.handler", Code={"S3Bucket": "hot-reload", "S3Key": "/tmp"})
    assert (error["code"], error["message"]) == (
        "InvalidParameterValueException",
        "Functions may not have code in folders of the server's machine: start the server with --hot-reload FOLDER "
        "to allow that below a folder.")


# --- Later -------------------------------------------------------------------------------------


def test_a_folder_that_is_gone_is_told_to_the_caller_and_runs_when_it_is_back(site):
    folder = site.write("gone/index.py", COUNTER.format("one"))
    site.create("gone", folder)
    assert site.invoke("gone") == ["one", 1]
    os.rename(folder, f"{folder}-away")
    sentence = f"The hot-reload folder {folder} is not a folder of the server's machine, or the server may not read it."
    for _ in range(2):
        assert site.invoke("gone") == {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": sentence}
    os.rename(f"{folder}-away", folder)
    assert site.invoke("gone") == ["one", 1]
    os.rename(folder, f"{folder}-away")
    os.symlink("/etc", folder)
    sentence = f"The hot-reload folder {folder} is not below a folder that --hot-reload names."
    assert site.invoke("gone")["errorMessage"] == sentence
    os.remove(folder)
    os.symlink(f"{folder}-away", folder)
    assert site.invoke("gone")["errorMessage"] == f"The hot-reload folder {folder} is now a link to another one."


def test_a_folder_has_at_most_as_many_files_as_a_package(site):
    folder = site.write("many/index.py", COUNTER.format("one"))
    for number in range(65_535):
        os.mknod(f"{folder}/{number}")
    site.create("many", folder)
    assert site.invoke("many") == ["one", 1]
    os.mknod(f"{folder}/more")
    assert site.invoke("many")["errorMessage"] == (
        f"The hot-reload folder {folder} cannot be read: it has more than 65,536 files.")


def test_the_option_is_asked_again_after_a_restart():
    site = Site()
    site.create("f", site.write("code/index.py", COUNTER.format("one")))
    assert site.invoke("f") == ["one", 1]
    site.server.stop()
    site.server.start()
    assert site.invoke("f") == ["one", 1]
    site.server.stop()
    site.server.arguments = ("--hot-reload", "/usr/share")
    site.server.start()
    assert site.invoke("f")["errorMessage"] == (
        f"The hot-reload folder {site.folder}/code is not below a folder that --hot-reload names.")
    site.close()


# --- Other code from S3 ------------------------------------------------------------------------

NO_S3 = ("Orderly has no S3: send the package as ZipFile. For code in a folder of the server's machine, S3Bucket is "
         "hot-reload and S3Key the folder; see --hot-reload.")


def test_code_from_s3_is_refused_with_what_to_do_instead(client, make_function, make_role, refused):
    functions = client("lambda")
    name = make_function("def handler(event, context):\n    return 1\n")
    create = {"FunctionName": "f", "Runtime": "python3.11", "Role": make_role(), "Handler": "index.handler"}
    for code in ({"S3Bucket": "bucket", "S3Key": "f.zip"},
                 {"S3Bucket": "bucket", "S3Key": "f.zip", "S3ObjectVersion": "1"}):
        for error in (refused(functions.create_function, Code=code, **create),
                      refused(functions.update_function_code, FunctionName=name, **code)):
            assert (error["code"], error["message"]) == ("InvalidParameterValueException", NO_S3)
    versioned = {"S3Bucket": "hot-reload", "S3Key": "/tmp", "S3ObjectVersion": "1"}
    for error in (refused(functions.create_function, Code=versioned, **create),
                  refused(functions.update_function_code, FunctionName=name, **versioned)):
        assert error["message"] == "Orderly has no S3, and a hot-reload folder has no versions."
    for content in ({"S3Bucket": "bucket", "S3Key": "l.zip"}, {"S3Bucket": "hot-reload", "S3Key": "/tmp"}):
        error = refused(functions.publish_layer_version, LayerName="l", Content=content)
        assert error["message"] == "Orderly has no S3: send the layer's package as ZipFile."


def test_code_has_exactly_one_source(client, make_function, refused):
    functions = client("lambda")
    name = make_function("def handler(event, context):\n    return 1\n")
    package = zip_of({"index.py": "x"})
    for code in ({}, {"S3Key": "/tmp"}, {"S3Bucket": "hot-reload"}):
        error = refused(functions.update_function_code, FunctionName=name, **code)
        assert (error["code"], error["message"]) == (
            "InvalidParameterValueException", "Please provide a source for function code.")
    for code in ({"S3Key": "/tmp"}, {"S3Bucket": "hot-reload"}, {"S3Bucket": "hot-reload", "S3Key": "/tmp"}):
        error = refused(functions.update_function_code, FunctionName=name, ZipFile=package, **code)
        assert (error["code"], error["message"]) == (
            "InvalidParameterValueException",
            "Please do not provide other FunctionCode parameters when providing a ZipFile.")
