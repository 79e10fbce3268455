"""The console's own page in a browser, and pages of other origins beside it."""

import json

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pages import js, refused

# As the console signs in open mode: an account's id is its key.
ACCOUNT = "481665095854"


def call(origin, target, given):
    """The arguments of a fetch() of that operation, as a page of that origin makes it."""
    body = json.dumps(given)
    aws = AWSRequest("POST", origin + "/", data=body.encode(),
                     headers={"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target})
    SigV4Auth(Credentials(ACCOUNT, "any"), "sqs", "us-east-1").add_auth(aws)
    headers = {name: value for name, value in aws.headers.items() if name.lower() not in ("host", "content-length")}
    return f"{js(origin + '/')}, {{method: 'POST', headers: {js(headers)}, body: {js(body)}}}"


@pytest.fixture(params=["127.0.0.1", "localhost", "console.localhost"])
def console(browser, endpoint, request):
    """The console's page, at one of the server's names."""
    origin = f"http://{request.param}:{endpoint.rsplit(':', 1)[1]}"
    page = browser.open(origin + "/_orderly/console/sqs/queues")
    yield origin, page
    page.close()


def test_the_consoles_page_calls_operations_and_admin_paths(console, unique):
    origin, page = console
    name = unique("q")
    made = page.run(f"const r = await fetch({call(origin, 'AmazonSQS.CreateQueue', {'QueueName': name})}); return await r.json()")
    assert made == {"QueueUrl": f"{origin}/{ACCOUNT}/{name}"}
    told = page.run("const r = await fetch('/_orderly/console/session'); return await r.json()")
    assert told["endpoint"] == origin and ACCOUNT in told["accounts"]
    moved = page.run("const r = await fetch('/_orderly/clock', {method: 'POST', headers: {'Content-Type': 'application/json'}, "
                     "body: '{\"advance_ms\": 0}'}); return r.status")
    assert moved == 200


def test_the_page_at_the_root_leads_to_the_console(browser, endpoint):
    page = browser.open(endpoint + "/")
    assert page.run("return location.pathname") == "/_orderly/console/"
    page.close()


def test_the_consoles_page_reaches_no_other_origin_and_runs_no_script_of_its_text(console, site_port):
    _, page = console
    assert refused(page, f"'http://app.example:{site_port}/', {{mode: 'no-cors'}}")
    assert page.run("const e = document.createElement('script'); e.textContent = 'window.ran = true'; "
                    "document.body.append(e); return window.ran === undefined")
    assert page.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = true\">'); "
                    "await new Promise(r => setTimeout(r)); return window.ran === undefined")
    assert page.run("const e = document.createElement('img'); const failed = new Promise(r => { e.onerror = () => r(true); "
                    "e.onload = () => r(false) }); " f"e.src = 'http://app.example:{site_port}/'; " "return await failed")


@pytest.mark.parametrize("path", ["/_orderly/console/", "/_orderly/console/session", "/_orderly/clock"])
def test_a_page_of_another_origin_reads_nothing_of_the_console(foreign, endpoint, path):
    assert refused(foreign, f"{js(endpoint + path)}, {{mode: 'cors', credentials: 'include'}}")
    assert refused(foreign, f"{js(endpoint + path)}, {{mode: 'no-cors'}}")


def test_a_page_of_another_origin_changes_nothing_beside_an_open_console(console, foreign, unique):
    origin, page = console
    name = unique("q")
    assert refused(foreign, call(origin, "AmazonSQS.CreateQueue", {"QueueName": name}))
    listed = page.run(f"const r = await fetch({call(origin, 'AmazonSQS.ListQueues', {'QueueNamePrefix': name})}); return await r.json()")
    assert listed.get("QueueUrls", []) == []


def test_a_link_of_another_site_leads_to_a_screen(foreign, endpoint):
    foreign.run(f"const e = document.createElement('a'); e.href = {js(endpoint + '/_orderly/console/sqs/queues')}; "
                "document.body.append(e); e.click()")
    foreign.wait_for_load()
    assert foreign.run("return location.pathname + ' ' + document.title.slice(-7)") == "/_orderly/console/sqs/queues Orderly"


def test_a_page_of_another_origin_can_neither_frame_the_console_nor_hold_its_window(open_page, endpoint):
    page = open_page("evil.example")
    url = js(endpoint + "/_orderly/console/")
    framed = page.run("const e = document.createElement('iframe'); const done = new Promise(r => { e.onload = r }); "
                      f"e.src = {url}; document.body.append(e); await done; "
                      "try { return e.contentDocument ? 'blank' : 'closed' } catch (error) { return 'closed' }")
    assert framed == "closed"
    # With Cross-Origin-Opener-Policy the opener's handle says that the window is closed.  A click may open one.
    script = (f"(async () => {{ const w = window.open({url}); "
              "for (let i = 0; i < 200 && !w.closed; i++) await new Promise(r => setTimeout(r, 25)); return w.closed })()")
    assert page.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
                     userGesture=True)["result"].get("value") is True
