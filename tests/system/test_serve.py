"""dnsctl serve: metrics, the API, and who may ask what of it."""

import http.client
import json
import os
import socket
import subprocess
import time

import pytest

from ask import ACME, ask, values
from programs import DNSCTL, NOT_UPSTREAMS, sample, until
from upstreams import Program, Upstream, address_of

NAME = "paulgra-ham.internal"
PORT = 9153


class Serve(Program):
    """dnsctl serve on ADDRESS, for STORE and a control socket."""

    def __init__(self, directory, store, control, *options,
                 address=f"127.0.0.1:{PORT}"):
        super().__init__([DNSCTL, "-s", str(store), "--control", str(control),
                          *options, "serve", address],
                         directory / "serve.log")
        self.address = address

    def ready(self):
        def listens():
            assert self.process.poll() is None, self.read_log()
            return self.get("/healthz")[0] == 200
        until(lambda: attempt(listens), "it serves")
        return self

    def get(self, path, method="GET", headers=(), host=None):
        """(status, headers, text) of one request."""
        where, _, port = self.address.rpartition(":")
        c = http.client.HTTPConnection(where.strip("[]"), int(port),
                                       timeout=20)
        c.putrequest(method, path, skip_host=True)
        for key, value in {"Host": host or self.address,
                           **dict(headers)}.items():
            if value is not None:
                c.putheader(key, value)
        c.endheaders()
        r = c.getresponse()
        text = r.read().decode()
        c.close()
        return r.status, r.headers, text

    def json(self, path):
        status, _, text = self.get(path)
        assert status == 200, text
        return json.loads(text)


def attempt(call):
    try:
        return call()
    except (OSError, ValueError):
        return None


@pytest.fixture(scope="module", name="served")
def fixture_served(module_servers):
    """A server with an upstream, and its `serve`; both in one object."""
    up = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    directory = module_servers.fresh()
    d = module_servers.serve(
        module_servers.store(sample()), listen=NOT_UPSTREAMS, id="node-1",
        control=str(directory / "control"),
        forward={"upstreams": ["udp://192.0.2.1"]})
    serve = Serve(directory, d.store.path, d.config["control"]).ready()
    serve.server = d
    yield serve
    serve.close()
    up.close()


def samples(text):
    """Metric lines, with their labels, to numbers."""
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in text.splitlines() if not line.startswith("#")}


# --- metrics

def test_metrics_are_as_promtool_wants_them(served):
    ask(NAME)
    _, headers, text = served.get("/metrics")
    assert headers["Content-Type"].startswith("text/plain")
    done = subprocess.run(["promtool", "check", "metrics"], input=text,
                          text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_question_is_seen(served):
    def metrics():
        time.sleep(0.6)  # a report may be half a second old
        return samples(served.get("/metrics")[2])
    before = metrics()
    ask(NAME)
    ask("a.example", "A")
    after = metrics()
    changed = {key for key in after if after[key] != before.get(key)}
    for key in ('dnsd_queries_total{kind="answered"}',
                'dnsd_answer_duration_seconds_count{kind="private"}',
                'dnsd_answer_duration_seconds_count{kind="forwarded"}',
                'dnsd_answer_duration_seconds_bucket'
                '{kind="private",le="+Inf"}',
                'dnsd_batch_questions_count',
                'dnsd_upstream_rtt_seconds_count'
                '{upstream="udp://192.0.2.1:53",zone="."}'):
        assert key in changed, key
    assert after['dnsd_store_facts{kind="network"}'] == 2


def test_buckets_of_histograms_only_rise(served):
    ask(NAME)
    text = served.get("/metrics")[2]
    below, seen = {}, 0
    for line in text.splitlines():
        if "_bucket{" not in line:
            continue
        name, value = line.split(' ')
        series = name.partition('le="')[0]
        assert float(value) >= below.get(series, 0), line
        below[series] = float(value)
        seen += 1
    assert seen > 50


def test_prometheus_scrapes_it(served, servers, started):
    directory = servers.fresh()
    (directory / "prometheus.yml").write_text(
        "global: {scrape_interval: 500ms}\n"
        "scrape_configs:\n"
        "  - job_name: dnsd\n"
        f"    static_configs: [{{targets: ['127.0.0.1:{PORT}']}}]\n")
    started.append(Program(
        ["prometheus", f"--config.file={directory}/prometheus.yml",
         f"--storage.tsdb.path={directory}/data",
         "--web.listen-address=127.0.0.1:9190"], directory / "log"))
    ask(NAME)

    def query(text):
        c = http.client.HTTPConnection("127.0.0.1", 9190, timeout=5)
        c.request("GET", "/api/v1/query?query=" + text)
        result = json.load(c.getresponse())["data"]["result"]
        return [float(r["value"][1]) for r in result]

    until(lambda: attempt(lambda: query("up==1")), "prometheus has scraped")
    assert query('dnsd_queries_total{kind="answered"}>0')
    assert query("dnsd_up") == [1]
    assert query("histogram_quantile(0.99,"
                 "dnsd_answer_duration_seconds_bucket)")
    # It asks for OpenMetrics, and would not take half of it.
    assert served.get("/metrics", headers={
        "Accept": "application/openmetrics-text"})[2].endswith("# EOF\n")


def test_the_heaviest_are_told(served):
    for _ in range(30):
        ask("flyer.flycast", source="fdaa:0:18::99")

    def top(kind):
        (server,) = served.json("/api/v1/node")["servers"]
        return {e["name"]: e["count"] for e in server["report"]["top"][kind]}
    until(lambda: top("names").get("flyer.flycast", 0) >= 30, "the name")
    assert top("askers")["fdaa:0:18::99"] >= 30
    assert top("networks")["acme"] >= 30
    assert 0 < samples(served.get("/metrics")[2])[
        'dnsd_network_share_ratio{network="acme"}'] <= 1


# --- the API

def test_node_tells_of_servers_and_store(served):
    node = served.json("/api/v1/node")
    (server,) = node["servers"]
    assert server["report"]["node"] == "node-1"
    assert server["report"]["region"] == "ord"
    assert server["report"]["upstreams"][0]["url"] == "udp://192.0.2.1:53"
    assert node["store"]["facts"]["network"] == 2
    assert node["store"]["cursor"] == "sample-1"


@pytest.mark.parametrize("query, names, more", [
    ("kind=network", ["acme", "globex"], False),
    ("kind=network&limit=1", ["acme"], True),
    ("kind=network&limit=1&skip=1", ["globex"], False),
    ("kind=network&q=lob", ["globex"], False),
    ("kind=instance&network=acme&app=paulgra-ham", ["f066b83b"], False),
    ("kind=instance&network=acme&app=paulgra-ham&limit=0", [], True),
    ("kind=peer&network=globex&q=no-such", [], False)])
def test_facts_are_listed(served, query, names, more):
    said = served.json("/api/v1/facts?" + query)
    assert [f.get("id", f.get("name")) for f in said["facts"]] == names
    assert said["more"] == more


@pytest.mark.parametrize("query, status", [
    ("", 400), ("kind=", 400), ("kind=no-such", 400),
    ("kind=app&network=no-such", 404)])
def test_wrong_questions_about_facts(served, query, status):
    got, _, text = served.get("/api/v1/facts?" + query)
    assert got == status and "error" in json.loads(text)


def test_map_has_regions_and_round_trips(served):
    regions = served.json("/api/v1/map?from=ord")["regions"]
    assert regions["fra"]["instances"] == 3
    assert regions["ord"]["ms"] == 0 < regions["iad"]["ms"] \
        < regions["syd"]["ms"]
    assert "ms" not in served.json("/api/v1/map")["regions"]["ord"]


@pytest.mark.parametrize("query, step, reply", [
    (f"network=acme&name={NAME}", ["outcome", "answered:"], ACME),
    (f"from={ACME}&name=_apps.internal",
     ["network", "acme: its prefix holds the source"], "flyer"),
    ("network=acme&name=a.example",
     ["outcome", "forwarded to the upstreams"], ""),
    (f"from=192.0.2.9&name={NAME}",
     ["network", "none: source is in no network"], "REFUSED"),
    ("network=acme&name=%ff%22%3Cb%3E.internal",
     ["outcome", "answered:"], "\\255\"<b>.internal.")])
def test_explain(served, query, step, reply):
    said = served.json("/api/v1/explain?" + query)
    assert step in said["steps"] and reply in said["reply"]


@pytest.mark.parametrize("query", [
    "", "network=acme", f"name={NAME}", "network=acme&name=a..b",
    f"network=acme&name={NAME}&type=nonsense", "name=a&from=nobody",
    "network=acme&name=" + "x" * 5000])
def test_explain_says_what_is_wrong_with_a_question(served, query):
    status, _, text = served.get("/api/v1/explain?" + query)
    assert status == 400 and json.loads(text)["error"]


# --- who may ask

@pytest.mark.parametrize("method, path, headers, status", [
    ("GET", "/healthz", {}, 200),
    ("HEAD", "/metrics", {}, 200),
    ("GET", "/", {}, 200),
    ("GET", "/no-such", {}, 404),
    ("GET", "/../../etc/passwd", {}, 404),
    ("POST", "/metrics", {}, 405),
    ("DELETE", "/api/v1/facts", {}, 405),
    ("OPTIONS", "/api/v1/node", {}, 405),
    ("GET", "/metrics", {"Host": "localhost:9153"}, 200),
    ("GET", "/metrics", {"Host": "[::1]:9153"}, 200),
    ("GET", "/metrics", {"Host": "evil.example"}, 421),  # DNS rebinding
    ("GET", "/metrics", {"Host": "127.0.0.1.evil.example"}, 421),
    ("GET", "/", {"Host": "evil.example:9153"}, 421),
    ("GET", "/metrics", {"Host": ""}, 421),
    ("GET", "/api/v1/node", {"Origin": "http://evil.example"}, 403),
    ("GET", "/api/v1/node", {"Origin": "null"}, 403),
    ("GET", "/api/v1/node", {"Origin": "http://127.0.0.1:9153"}, 200),
    ("GET", "/api/v1/node", {"Sec-Fetch-Site": "cross-site"}, 403),
    ("GET", "/api/v1/node", {"Sec-Fetch-Site": "same-site"}, 403),
    ("GET", "/api/v1/node", {"Sec-Fetch-Site": "same-origin"}, 200),
    ("GET", "/", {"Sec-Fetch-Site": "cross-site"}, 200)])
def test_who_may_ask(served, method, path, headers, status):
    assert served.get(path, method, headers)[0] == status


def test_nothing_foreign_runs_in_the_page(served):
    _, headers, text = served.get("/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "://" not in text.replace("http://www.w3.org", "")
    assert "Access-Control-Allow-Origin" not in headers


def test_others_than_this_host_need_a_token(served, servers, started):
    directory = servers.fresh()
    store, control = served.server.store.path, served.server.config["control"]
    everywhere = f"0.0.0.0:{PORT + 1}"
    refused = Serve(directory, store, control, address=everywhere)
    assert refused.process.wait(20) == 1
    assert "--token-file" in refused.read_log()

    token = directory / "token"
    token.write_text("s3cret\n")
    open_ = Serve(directory, store, control, "--token-file", str(token),
                  "--name", "dns.example", address=everywhere)
    started.append(open_)
    until(lambda: attempt(lambda: open_.get("/healthz")[0] == 200), "it serves")
    for path, bearer, status in [
            ("/metrics", None, 401), ("/metrics", "Bearer wrong1", 401),
            ("/metrics", "Bearer s3cre", 401), ("/metrics", "Bearer ", 401),
            ("/metrics", "Bearer s3crett", 401),
            ("/metrics", "Basic s3cret", 401),
            ("/metrics", "Bearer s3cret", 200), ("/api/v1/node", None, 401),
            ("/api/v1/node", "Bearer s3cret", 200), ("/", None, 200),
            ("/healthz", None, 200)]:
        got = open_.get(path, headers={"Authorization": bearer})[0]
        assert got == status, (path, bearer)
    assert open_.get("/healthz", host="dns.example")[0] == 200


def test_an_empty_token_is_none(served, servers):
    directory = servers.fresh()
    (directory / "token").write_text("\nsecond line\n")
    serve = Serve(directory, served.server.store.path, "x", "--token-file",
                  str(directory / "token"), address=f"127.0.0.1:{PORT + 2}")
    assert serve.process.wait(20) == 1


# --- ready, or why not

def test_ready(served):
    until(lambda: served.get("/readyz")[0] == 200, "it is ready")


def test_why_it_is_not_ready(servers, started):
    directory = servers.fresh()
    control = directory / "control"
    serve = Serve(directory, directory / "store", control, "--max-age", "0.2",
                  address=f"127.0.0.1:{PORT + 3}").ready()
    started.append(serve)
    status, _, text = serve.get("/readyz")
    assert status == 503 and "no store" in text and str(control) in text
    store = servers.store(sample())
    os.rename(store.path, directory / "store")
    until(lambda: "nothing was heard" in serve.get("/readyz")[2],
          "the store is old")
    assert serve.get("/api/v1/node")[0] == 200
    store.path = str(directory / "store")
    servers.serve(store, ready=False, control=str(control),
                  listen=[{"address": "127.0.0.1:5317"}])
    until(lambda: str(control) not in serve.get("/readyz")[2],
          "the server answers")


# --- what strangers do

def test_clients_that_dawdle_hold_up_nobody_for_long(served):
    """A thousand that never finish a request, and one that asks."""
    slow = [socket.create_connection(("127.0.0.1", PORT), 20)
            for _ in range(900)]
    for s in slow:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
    assert values(ask(NAME)) == [ACME]
    until(lambda: attempt(lambda: served.get("/healthz")[0] == 200),
          "others have their turn")
    assert values(ask(NAME)) == [ACME]
    with open(f"/proc/{served.process.pid}/status", encoding="ascii") as f:
        (rss,) = [int(line.split()[1]) for line in f if "VmRSS" in line]
    assert rss < 200_000  # KiB; a sanitizer's build has more than others
    for s in slow:
        s.close()


@pytest.mark.parametrize("request_", [
    pytest.param(request_, id=name) for name, request_ in [
        ("huge header", b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 100000 +
         b"\r\n\r\n"),
        ("huge path", b"GET /" + b"x" * 100000 +
         b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("no host", b"GET /healthz HTTP/1.1\r\n\r\n"),
        ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        ("zeros", b"\0" * 5000),
        ("empty lines", b"\r\n" * 5000),
        ("body", b"POST /metrics HTTP/1.1\r\nHost: localhost\r\n"
         b"Content-Length: 99999999999\r\n\r\nxxx"),
        ("two hosts", b"GET /metrics HTTP/1.1\r\nHost: evil\r\n"
         b"Host: localhost\r\n\r\n"),
        ("chunks", b"PUT /metrics HTTP/1.1\r\nHost: localhost\r\n"
         b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n")]])
def test_what_is_no_request(served, request_):
    """Refused or closed, within the time that a request has."""
    reply = b""
    with socket.create_connection(("127.0.0.1", PORT), 20) as s:
        try:
            s.sendall(request_)
            while piece := s.recv(65536):
                reply += piece
        except ConnectionResetError:
            pass
    assert b" 200 " not in reply.split(b"\r\n", 1)[0]
    assert served.get("/healthz")[0] == 200


def test_a_server_that_hangs_is_told_as_such(servers, started):
    """Whoever looks at the instruments sees it; serve does not hang."""
    directory = servers.fresh()
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(str(directory / "control"))
        hung.listen()
        serve = Serve(directory, directory / "store", directory / "control",
                      address=f"127.0.0.1:{PORT + 4}").ready()
        started.append(serve)
        assert "dnsd_up 0" in serve.get("/metrics")[2]
        assert "timed out" in serve.json("/api/v1/node")["servers"][0]["error"]
