"""Functions in Ruby: how they are started.  AWS's gem is not in Debian, so a substitute has its name and its entry."""

import base64
import json
import shutil

import orderly_server
import pytest
from function_house import House
from orderly_fixtures import zip_of

pytestmark = pytest.mark.skipif(not shutil.which("ruby"), reason="there is no Ruby (Debian: ruby)")

SPECIFICATION = """
Gem::Specification.new do |spec|
  spec.name = "aws_lambda_ric"
  spec.version = "3.0.0"
  spec.summary = "a substitute"
  spec.authors = ["nobody"]
end
"""

# The entry that AWS's gem has, and of what it does only the way from an event to an answer.
SUBSTITUTE = """
require "json"
require "net/http"
module Bootstrap
  def self.start
    file, method = ARGV.fetch(0).split(".")
    $LOAD_PATH.unshift(Dir.pwd)
    require file
    host, port = ENV.fetch("AWS_LAMBDA_RUNTIME_API").split(":")
    Net::HTTP.start(host, port, read_timeout: nil) do |api|
      loop do
        event = api.get("/2018-06-01/runtime/invocation/next")
        answer = Object.new.send(method, event: JSON.parse(event.body), context: nil)
        api.post("/2018-06-01/runtime/invocation/#{event["Lambda-Runtime-Aws-Request-Id"]}/response", answer.to_json)
      end
    end
  end
end
"""

FUNCTION = """
def handler(event:, context:)
  log = IO.new(Integer(ENV.fetch("_LAMBDA_TELEMETRY_LOG_FD")))
  first, text = "of an older client", "two\\nlines"
  log.write([0xa55a0001, first.bytesize].pack("NN") + first)
  log.write([0xa55a0003, text.bytesize, 0].pack("NNQ>") + text)
  log.flush
  { event: event, folder: Dir.pwd, runtime: ENV["AWS_EXECUTION_ENV"], gems: ENV["GEM_PATH"].split(":").first }
end
"""


@pytest.fixture
def house(machine_folder):
    server = orderly_server.Server(environment={"GEM_PATH": str(machine_folder)}).start()
    yield House(server)
    server.end()


def install_substitute(gems):
    entry = gems / "gems" / "aws_lambda_ric-3.0.0" / "lib" / "aws_lambda_ric" / "bootstrap.rb"
    entry.parent.mkdir(parents=True)
    entry.write_text(SUBSTITUTE)
    (gems / "specifications").mkdir()
    (gems / "specifications" / "aws_lambda_ric-3.0.0.gemspec").write_text(SPECIFICATION)


def test_awss_gem_runs_a_function(house, machine_folder):
    house.create("f", zip_of({"index.rb": FUNCTION}), Runtime="ruby3.3", Timeout=60)
    error, answer = house.invoke("f")
    assert error == "Unhandled" and json.loads(answer)["errorMessage"].endswith(
        "AWS's runtime interface client for Ruby is not installed: gem install aws_lambda_ric installs it.")
    install_substitute(machine_folder)
    reply = house.client("lambda").invoke(FunctionName="f", Payload='{"a": 1}', LogType="Tail")
    assert json.loads(reply["Payload"].read()) == {
        "event": {"a": 1}, "folder": "/var/task", "runtime": "AWS_Lambda_ruby3.3",
        "gems": "/var/task/vendor/bundle/ruby/3.3.0"}
    assert "of an older client\ntwo\nlines\nEND RequestId" in base64.b64decode(reply["LogResult"]).decode()
