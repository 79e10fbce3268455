"""A headless Chromium, driven by the DevTools protocol over two pipes: no port, no library.
https://chromedevtools.github.io/devtools-protocol/

Names below "example" resolve to this machine, so that pages can have any origin.
"""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

PATIENCE_SECONDS = 60

FLAGS = [
    "--headless=new",
    "--no-sandbox",  # the tests may run as root, where Chromium's own sandbox does not work
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP *.example 127.0.0.1,MAP *.localstack.cloud 127.0.0.1",
]


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="orderly-chromium-")
        to_browser, self.commands = os.pipe()
        self.answers, from_browser = os.pipe()
        program = shutil.which("chromium")
        assert program, "Chromium is missing: tools/setup --tests installs it"
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}', "chromium", program, *FLAGS,
             f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.last_id = 0
        self.waiting = {}  # id -> where to put the answer
        self.listeners = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        with os.fdopen(self.answers, "rb") as pipe:
            rest = b""
            while data := pipe.read1(65536):
                *messages, rest = (rest + data).split(b"\0")
                for message in map(json.loads, messages):
                    if "id" in message:
                        self.waiting.pop(message["id"]).put(message)
                    else:
                        for listener in list(self.listeners):
                            listener(message)
        for answer in list(self.waiting.values()):
            answer.put({"error": "Chromium has ended"})

    def call(self, method, session=None, **parameters):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        answer = self.waiting[self.last_id] = queue.Queue()
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        reply = answer.get(timeout=PATIENCE_SECONDS)
        assert "error" not in reply, f"{method}: {reply['error']}"
        return reply["result"]

    def open(self, url):
        """A new tab that has loaded that URL, as if a user had typed it."""
        return Page(self).go(url)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.commands)
        self.reader.join(10)
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    def __init__(self, browser):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        self.sent = []  # headers, by request, as Chromium sent them
        self.loads = queue.Queue()
        browser.listeners.append(self._hear)
        self.call("Page.enable")
        self.call("Network.enable")

    def _hear(self, message):
        if message.get("sessionId") != self.session:
            return
        if message["method"] == "Page.loadEventFired":
            self.loads.put(True)
        if message["method"] == "Network.requestWillBeSentExtraInfo":
            self.sent.append(message["params"]["headers"])

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def go(self, url):
        # The load of the page before, the empty one of a new tab, may still be to come.
        self.run("if (document.readyState !== 'complete') await new Promise(r => addEventListener('load', () => setTimeout(r)))")
        self.loads = queue.Queue()
        self.call("Page.navigate", url=url)
        self.wait_for_load()
        return self

    def wait_for_load(self):
        self.loads.get(timeout=PATIENCE_SECONDS)

    def run(self, script):
        """Runs the body of an async function in the page, and returns its result."""
        expression = f"(async () => {{ {script} }})()"
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def text(self):
        return self.run("return document.body.innerText")

    def close(self):
        self.browser.listeners.remove(self._hear)
        self.browser.call("Target.closeTarget", targetId=self.target)
