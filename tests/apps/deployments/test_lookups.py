"""A model that pins a feature service is asked by keys alone: a replica on the real engine, a gateway, a Valkey."""

from __future__ import annotations

import json
import socket

import httpx2
import pytest

from apps.deployments import services
from apps.deployments.models import Revision
from apps.deployments.services import lookups
from apps.features import selectors as features_read
from apps.features import services as features
from apps.features.models import TrainingSet
from apps.features.services.online import online_store
from apps.monitoring.services.counting import rows_of
from foundation.errors import Conflict
from foundation.identity import neighbours
from runtime.online.samples import queue_of
from runtime.online.wire import Place, command
from runtime.service_tokens import HEADER
from tests.apps.datasets.conftest import ingested as ingested_raw
from tests.apps.datasets.conftest import uploaded
from tests.apps.datasets.conftest import written as written_raw
from tests.apps.deployments.looking_up import front, iris_artifact, pinned, served, store
from tests.apps.features.conftest import carrier, define, ingested, queued_view, view, written
from tests.support.history import acts_on

__all__ = ["carrier", "define", "front", "ingested", "ingested_raw", "iris_artifact", "pinned", "queued_view", "served"]
__all__ += ["store", "uploaded", "view", "written", "written_raw"]

pytestmark = pytest.mark.slow

PATH = "/inference/acme/trips/invocations"
INFER = "/inference/acme/trips/v2/models/trips/infer"
AA, NOBODY = {"airline": "AA", "seats": 5}, {"airline": "ZZ", "seats": 5}
# What the lake has of AA: a delay of 50, for five seats.
WHOLE = {"seats": 5, "recent_delay": 50, "late_each": 10.0}


def ask(front, key, body, path=PATH):
    return front.infer(key, body, path=path)


def calls(store, name):
    stats = online_store()._client.info("commandstats")
    return stats.get(f"cmdstat_{name}", {"calls": 0})["calls"]


def records(*rows):
    return {"dataframe_records": list(rows)}


def test_keys_alone_answer_as_all_features_do(served, front, store, scientist, api_as, client_as):
    """One way through all of it: what stands behind it takes longer to set up than to ask."""
    refused_by_name_and_place(served, front)
    only_the_portal_and_readers(served, front, store)
    many = as_all_features_do(served, front, store, scientist)
    ends_and_comes_back(served, front, scientist, pytest.MonkeyPatch())
    pages_and_rest_say_it(served, api_as, client_as, scientist)
    log_has_what_the_model_saw(served, front, many)


def as_all_features_do(served, front, store, scientist):
    _revision, key = served
    whole = ask(front, key, records(WHOLE)).json()
    assert "missing" not in whole
    columns = list(AA)
    tensors = [
        {"name": "airline", "shape": [1], "datatype": "BYTES", "data": ["AA"]},
        {"name": "seats", "shape": [1], "datatype": "INT64", "data": [5]},
    ]
    for body in (
        records(AA),
        {"dataframe_split": {"columns": columns, "data": [[AA[name] for name in columns]]}},
        {"instances": [AA]},
        {"inputs": AA},
        {"inputs": {name: [value] for name, value in AA.items()}},
        {"inputs": [AA]},
    ):
        assert ask(front, key, body).json() == whole, body
    answer = ask(front, key, {"inputs": tensors}, INFER).json()
    assert answer["outputs"][0]["data"] == whole["predictions"]
    # What the client sends wins, also in what is reckoned of it.
    own = ask(front, key, records({**AA, "recent_delay": 10})).json()
    assert own == ask(front, key, records({"seats": 5, "recent_delay": 10, "late_each": 2.0})).json() != whole
    # A feature that is given needs no key, and null is a value that is missing.
    assert ask(front, key, records({**WHOLE, "late_each": None, "airline": None})).status == 200

    # One question to the store, whatever the number of rows.
    before = calls(store, "mget")
    many = ask(front, key, records(*[AA, {**NOBODY}] * 50)).json()
    assert calls(store, "mget") == before + 1
    assert many["predictions"][::2] == whole["predictions"] * 50
    rows = list(range(1, 100, 2))
    assert many["missing"] == [
        {"view": "carrier_delay v1", "features": ["recent_delay"], "rows": rows, "why": "missing"},
        {"view": "context v1", "features": ["late_each"], "rows": rows, "why": "missing"},
    ]
    empty = ask(front, key, records({"seats": 5, "recent_delay": None, "late_each": None})).json()
    assert many["predictions"][1] == empty["predictions"][0] != whole["predictions"][0]

    with pytest.raises(Conflict, match="trips v1"):
        features.remove_service(actor=scientist, service=TrainingSet.objects.get(name="trips").service)
    return many


def log_has_what_the_model_saw(served, front, many):
    revision, _key = served
    (line,) = [one for one in logged(front, revision) if len(rows_of(one["request"])) == 100]
    first, second = rows_of(line["request"])[:2]
    assert first == {**WHOLE, "airline": "AA"}
    assert second == {"seats": 5, "recent_delay": None, "late_each": None, "airline": "ZZ"}
    assert line["response"] == many


def pages_and_rest_say_it(served, api_as, client_as, scientist):
    revision, _key = served
    told = api_as(scientist).get(f"/api/v1/deployments/{revision.deployment_id}/").json()["lookups"]
    assert told["keys"] == [{"name": "airline", "type": "text"}]
    assert told["request"] == [{"name": "seats", "type": "whole number"}]
    assert (sorted(told["looked_up"]), told["sent"]) == (["late_each", "recent_delay"], ["seats"])
    assert (told["feature_service"]["name"], told["feature_service"]["number"]) == ("trips", 1)
    client, root = client_as(scientist), f"/t/acme/p/flights/deployments/{revision.deployment_id}/"
    use = client.get(root, {"tab": "use"}).content.decode()
    assert "Ask by keys alone" in use and "trips v1" in use
    assert "{&quot;dataframe_records&quot;: [{&quot;airline&quot;: &quot;A&quot;, &quot;seats&quot;:" in use
    trying = client.get(f"{root}try/").content.decode()
    assert "airline" in trying and "Features that are looked up: 2" in trying
    version = client.get(f"/t/acme/p/flights/models/versions/{revision.model_version_id}/", {"tab": "evidence"})
    assert "trips v1" in version.content.decode() or version.status_code == 404


def logged(front, revision):
    stream = f"sanad:inference:{revision.tenant_id}"
    front.stop("gateway")  # which writes down what it still has
    return [json.loads(entry[b"entry"]) for _id, entry in online_store()._client.xrange(stream)]


def refused_by_name_and_place(served, front):
    _revision, key = served
    for rows, said in (
        ([{"seats": 5}], "The column 'airline' is missing in row 0 of dataframe_records: it is the key by which "),
        ([AA, {**AA, "airline": None}], "The key 'airline' in row 1 of dataframe_records is null"),
        ([{**AA, "airline": ["AA"]}], "The key 'airline' in row 0 of dataframe_records is no key"),
        ([{**AA, "airline": True}], "has to be a text"),
        ([{**AA, "airline": "x" * 10_000}], "is longer than"),
        ([{**AA, "airline": "x" * 10_000 + "é"}], "The key 'airline' in row 0"),
        (
            [{**AA, "colour": 1}],
            "The column 'colour' is unknown in row 0 of dataframe_records; this model takes 'seats'",
        ),
        ([{"airline": "AA"}], "The column 'seats' is missing in row 0 of dataframe_records, and no feature that is"),
        ([{**AA, "seats": 1.5}], "The value 'seats' in row 0 of dataframe_records has to be a whole number"),
        ([AA] * 1001, "at most 1000 rows"),
    ):
        answer = ask(front, key, records(*rows))
        assert answer.status in {400, 413, 422} and said in answer.json()["error"], (answer.status, answer.body[:300])
        assert "xxxx" not in answer.body.decode()
    raw = b'{"dataframe_records": [{"airline": NaN, "seats": 5}]}'
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = front.ask("POST", PATH, raw, headers)
    assert answer.status == 400 and "NaN" in answer.json()["error"]
    for columns, data in ((["airline", "airline"], [["AA", "AA"]]), (["airline", "seats"], [["AA"]])):
        assert ask(front, key, {"dataframe_split": {"columns": columns, "data": data}}).status == 400


def ends_and_comes_back(served, front, scientist, monkeypatch):
    revision, key = served
    assert "revision.lookups_lent" in str(acts_on("revision", revision))
    names = online_store().admitted("sanad-reader")
    assert len(names) == 1 and revision.pk.hex in names[0]
    # The name reads under the view's names, and does nothing else.
    rules = {str(rule): value for rule, value in online_store()._client.acl_getuser(names[0]).items()}
    assert ("+mget" in rules["commands"] and "-@all" in str(rules)) or "+mget" in str(rules)

    # A name that is taken away: nothing is looked up; whoever sends all features is answered; the next look mends it.
    assert features.end_lookups(server_id=revision.pk) == 1
    refused = ask(front, key, records(AA))
    assert refused.status == 503 and "no features can be looked up" in refused.json()["detail"]
    assert ask(front, key, records(WHOLE)).status == 200
    services.watch_revisions()
    whole = ask(front, key, records(AA)).json()
    assert "missing" not in whole
    (name,) = online_store().admitted("sanad-reader")
    services.watch_revisions()
    assert online_store().admitted("sanad-reader") == [name], "a loan that stands is not renewed"
    features.plans_changed()
    services.watch_revisions()
    assert online_store().admitted("sanad-reader") not in ([name], [])

    # What was served is sampled for the skew monitor, and the portal takes it along.
    assert online_store()._client.xlen(queue_of(revision.tenant_id)) > 0

    # A store that forgot says so, and the portal hears of it.
    noted = []
    with monkeypatch.context() as patched:
        patched.setattr(lookups.features, "note_forgotten", noted.append)
        online_store().drop_beginning(b"sanad:online:")
        gone = ask(front, key, records(AA)).json()
        assert {one["why"] for one in gone["missing"]} == {"not online", "missing"}
        services.watch_revisions()
    assert len(noted) == 1

    # A tenant that withdraws its key: within one look nothing is lent any more.
    with monkeypatch.context() as patched:
        patched.setattr(lookups, "lock_of", lambda _tenant: Conflict("The key was withdrawn."))
        services.watch_revisions()
        assert online_store().admitted("sanad-reader") == []
        answer = ask(front, key, records(AA))
        assert answer.status == 503 and "The key was withdrawn." in answer.json()["detail"]
    services.watch_revisions()
    assert ask(front, key, records(AA)).status == 200

    # Whoever sees some of it masked lends nothing.
    version = revision.model_version
    assert lookups.may_look_up(scientist, version)
    with monkeypatch.context() as patched:
        patched.setattr(features_read, "masks_of_view", lambda _actor, _view: {"recent_delay": str})
        assert not lookups.may_look_up(scientist, version)
    Revision.objects.filter(pk=revision.pk).update(looks_up=False)
    services.watch_revisions()
    assert online_store().admitted("sanad-reader") == []
    Revision.objects.filter(pk=revision.pk).update(looks_up=True)
    services.watch_revisions()
    assert len(online_store().admitted("sanad-reader")) == 1
    lookups.end(Revision.objects.get(pk=revision.pk))
    assert online_store().admitted("sanad-reader") == []


def only_the_portal_and_readers(served, front, store):
    """The portal alone says what is looked up, and readers alone pass the relay."""
    revision, _key = served
    name = neighbours.replica_name(revision.pk, revision.attempt)
    transport = httpx2.HTTPTransport(uds=revision.address.removeprefix("unix:"))
    with httpx2.Client(transport=transport, base_url="http://replica") as client:
        standing = {HEADER: neighbours.caller_to(name).standing()}
        for headers in ({}, standing):
            assert client.post("/sanad/lookups", json={"takes": {}}, headers=headers).status_code in {401, 404}
            assert client.get("/sanad/lookups", headers=headers).status_code in {401, 404}
    assert front.ask("GET", "/inference/acme/trips/sanad/lookups").status == 404

    # Commands that the store would allow nobody in particular do not get there.
    (admitted,) = online_store().admitted("sanad-reader")
    for words in (
        [[b"PING"]],
        [[b"FLUSHALL"]],
        [[b"AUTH", b"default", b"x"]],
        [[b"MGET", b"a"]],
        [[b"AUTH", admitted.encode(), b"wrong"], [b"MGET", b"a"], [b"FLUSHALL"]],
        [[b"AUTH", admitted.encode(), b"wrong"], [b"SELECT", b"7"]],
    ):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            wire.settimeout(5)
            wire.connect(str(front.run / "store" / "store.sock"))
            wire.sendall(b"".join(command(one) for one in words))
            said = b""
            while piece := wire.recv(4096):
                said += piece
        assert b"readers of the online store alone" in said and b"$" not in said, said
    assert Place(store).number == "0"
    assert online_store()._client.dbsize() > 0
