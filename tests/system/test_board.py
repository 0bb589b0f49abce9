"""docs/alerts.yml and docs/grafana.json ask for what there is."""

import json
import os
import re
import subprocess

import pytest
import yaml

from programs import NOT_UPSTREAMS, sample
from test_serve import Serve

DOCS = os.path.join(os.path.dirname(__file__), "..", "..", "docs")
ALERTS = os.path.join(DOCS, "alerts.yml")


def expressions():
    with open(ALERTS, encoding="ascii") as f:
        for rule in yaml.safe_load(f)["groups"][0]["rules"]:
            yield rule["alert"], rule["expr"]
    with open(os.path.join(DOCS, "grafana.json"), encoding="ascii") as f:
        for panel in json.load(f)["panels"]:
            for target in panel["targets"]:
                yield panel["title"], target["expr"]


@pytest.fixture(scope="module", name="there")
def fixture_there(module_servers):
    """The names of all metrics, and the values of their labels."""
    directory = module_servers.fresh()
    d = module_servers.serve(
        module_servers.store(sample()), listen=NOT_UPSTREAMS,
        control=str(directory / "control"),
        forward={"upstreams": ["udp://192.0.2.1"]})
    serve = Serve(directory, d.store.path, d.config["control"],
                  address="127.0.0.1:9173").ready()
    text = serve.get("/metrics")[2]
    yield text
    serve.close()


def test_promtool_takes_the_rules():
    done = subprocess.run(["promtool", "check", "rules", ALERTS], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(list(filter(bool, alerts())))} rules found" in done.stdout


def alerts():
    with open(ALERTS, encoding="ascii") as f:
        return yaml.safe_load(f)["groups"][0]["rules"]


def test_every_metric_is_there(there):
    """A rule that asks for what is no more would be silent for ever."""
    names = set(re.findall(r"^# TYPE (\w+)", there, re.M))
    names |= {name + end for name in names
              for end in ("_bucket", "_sum", "_count")}
    missing = {(where, name) for where, expr in expressions()
               for name in re.findall(r"\bdnsd_\w+", expr)
               if name not in names}
    assert not missing


def test_every_kind_is_there(there):
    values = set(re.findall(r'="([^"]*)"', there))
    for where, expr in expressions():
        for label, wanted in re.findall(r'(\w+)!?=~?"([^"]*)"', expr):
            if label in ("kind", "result", "reason"):
                assert set(wanted.split("|")) <= values, (where, wanted)
