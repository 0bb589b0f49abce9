"""The page of `dnsctl serve`, in Chromium: page.mjs walks it."""

import os
import subprocess
import threading

from ask import ask
from programs import BUILD, NOT_UPSTREAMS, lines, sample
from test_serve import Serve
from upstreams import Upstream, address_of

PLAYWRIGHT = os.environ.get("DNSD_PLAYWRIGHT") or os.path.join(
    BUILD, "npm", "node_modules", "playwright-core")
URL = "http://127.0.0.1:9163/"

# What a customer may put, and what a browser must not take for markup.
HOSTILE = [
    {"put": "network", "id": "hostile", "prefixes": ["fdaa:0:666::/48"]},
    {"put": "instance", "network": "hostile", "app": "web", "id": "i1",
     "region": "ord", "addresses": ["fdaa:0:666::1"], "metadata": {
         "k": "<script>document.title='hacked'</script>",
         "<img src=x onerror=alert(1)>": "\"'><svg onload=alert(1)>"}}]
MANY = [{"put": "network", "id": f"net-{i:05}",
         "prefixes": [f"fd{i // 100:02}:{i:04}::/32"]} for i in range(10000)]


def questions(stop):
    """A little of everything, until told to stop."""
    while not stop.wait(0.05):
        ask("paulgra-ham.internal")
        ask("random-potato-45.internal", source="fdaa:0:18::77")
        ask("www.example", "A")
        ask(f"x{os.urandom(4).hex()}.example", "A")


def test_the_page(servers, started):
    up = Upstream("192.0.2.1", lambda q, _: [address_of(q)])
    started.append(up)
    directory = servers.fresh()
    store = servers.store(sample())
    store.apply(HOSTILE + MANY)
    store.apply(lines([{"commit": "sample-1"}]))
    d = servers.serve(store, listen=NOT_UPSTREAMS, id="node-1",
                      control=str(directory / "control"),
                      forward={"upstreams": ["udp://192.0.2.1"]})
    serve = Serve(directory, store.path, d.config["control"],
                  address=URL.split("/")[2]).ready()
    started.append(serve)
    stop = threading.Event()
    asker = threading.Thread(target=questions, args=(stop,), daemon=True)
    asker.start()
    try:
        done = subprocess.run(
            ["node", os.path.join(os.path.dirname(__file__), "page.mjs"), URL,
             PLAYWRIGHT, os.environ.get("DNSD_SHOTS", "")], text=True,
            capture_output=True, timeout=300, check=False)
    finally:
        stop.set()
        asker.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok pictures" in done.stdout
