"""Waiting ends when there is something to say: the thing is there, it failed, or its address does not lead to it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from sanad.errors import Denied, Failed, NotFound

REVISION = {"id": "r3", "deployment": "d", "number": 3, "state": "ready", "failure": "", "traffic_percent": 100}
URL = "http://gateway/inference/acme/late"


@pytest.fixture
def gateway(client, monkeypatch):
    """A portal where a revision is ready at once, and a gateway that answers what the test says, then nothing more."""
    answers: list[Any] = []
    http = client.transport
    monkeypatch.setattr(http, "post", lambda path, body=None: REVISION)
    monkeypatch.setattr(
        http, "get", lambda path: REVISION if path.startswith("revisions/") else {"slug": "late", "url": URL}
    )

    def send(method, path, **_options):
        assert path == f"{URL}/v2/health/ready"
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(headers={"x-sanad-revision": answer})

    monkeypatch.setattr(http, "send", send)
    return answers


def test_a_deployment_is_there_when_the_gateway_answers_by_the_new_revision(client, gateway):
    gateway += [NotFound("There is no deployment late in acme."), "2", "3"]
    assert client.deployments.deploy("v", "late")["url"] == URL
    assert gateway == ["3"]


def test_who_may_deploy_but_not_predict_is_not_kept_waiting(client, gateway):
    gateway.append(Denied("This token may not ask for predictions."))
    assert client.deployments.deploy("v", "late")["url"] == URL


@pytest.mark.parametrize(
    ("answer", "why"),
    [(NotFound("There is no deployment late in acme."), "There is no deployment"), ("2", "revision 2 still answers")],
)
def test_an_address_that_never_leads_there_is_said_with_the_reason(client, gateway, monkeypatch, answer, why):
    gateway.append(answer)
    moments = iter(range(0, 1000, 10))
    monkeypatch.setattr("sanad.models.time.monotonic", lambda: float(next(moments)))
    with pytest.raises(Failed, match=f"late is ready, but {URL} does not give it requests: .*{why}"):
        client.deployments.deploy("v", "late")


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ({"stage": "failed", "failure": "The run has no model.", "gates": []}, "The run has no model"),
        ({"stage": "cancelled", "failure": "Cancelled by Ann.", "gates": []}, "Cancelled by Ann"),
        ({"stage": "candidate", "failure": "The gates broke.", "gates": []}, "The gates broke"),
    ],
)
def test_a_registration_that_failed_is_said_at_once(client, sanad, monkeypatch, version, why):
    asked = []
    monkeypatch.setattr("sanad.transport.Transport.post", lambda self, path, body=None: {"id": "v"})
    monkeypatch.setattr("sanad.transport.Transport.get", lambda self, path: asked.append(path) or version)
    code, answered, said = sanad("model", "register", "--run", "r", "--name", "price")
    assert (code, answered) == (1, "")
    assert why in said and len(asked) == 1


AN_ID = str(uuid4())
WAITS = {
    "dataset": lambda client: client.datasets.wait(AN_ID),
    "derived": lambda client: client.datasets.derive("d", sql="SELECT 1", inputs={}),
    "feature view": lambda client: client.features.define("f", entity="e", sql="SELECT 1", inputs={}, event_time="t"),
    "training set": lambda client: client.training_sets.create("t", base_version=AN_ID, label="l"),
    "run": lambda client: client.runs.wait("r"),
    "deployment": lambda client: client.deployments.deploy("v", "late"),
    "report": lambda client: client.reports.create(model_version="v"),
}


@pytest.mark.parametrize(
    ("state", "failure", "said"),
    [
        ("failed", "Line 3 is short.", "Line 3 is short."),
        ("cancelled", "Cancelled by Ann.", "Cancelled by Ann."),
        ("stopped", "", "It was stopped."),
        ("discarded", "", "It was discarded."),
    ],
)
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_whatever_is_waited_for_its_end_without_success_is_said_at_once(
    client, monkeypatch, wait, state, failure, said
):
    asked = []
    ended = {"id": AN_ID, "deployment": "d", "state": state, "failure": failure}
    monkeypatch.setattr(client.transport, "post", lambda path, body=None: ended)
    monkeypatch.setattr(client.transport, "get", lambda path: asked.append(path) or ended)
    monkeypatch.setattr(client.datasets, "find", lambda name: {"id": "d"})
    with pytest.raises(Failed) as failed:
        wait(client)
    assert (failed.value.sentence, failed.value.exit_code, len(asked)) == (said, 1, 1)


def test_a_wait_for_a_stage_ends_with_a_version_that_failed(client, monkeypatch):
    failed = {"stage": "failed", "failure": "The run has no model."}
    monkeypatch.setattr(client.transport, "get", lambda path: failed)
    with pytest.raises(Failed, match="The run has no model"):
        client.models.wait_for_stage("v", "production")
