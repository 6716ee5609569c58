"""A person is looked for, erased and accounted for by client and command line; the value is never an argument."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from apps.datasets import services
from foundation import ledger
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.identity.models import User
from foundation.tenancy import find_tenant, scope
from sanad import Client
from tests.support.jobs import run_queued

PERSON = "person-CANARY-80"


@pytest.fixture(scope="module")
def people(tokens):
    """A dataset with the person in it, committed."""
    from apps.projects import selectors as projects

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        actor = actor_for_user(user=User.objects.get(email="scientist@acme.test"), tenant=tenant)
        project = projects.get_project(actor=actor, slug="flights")
        _add(actor, project, f"who,amount\n{PERSON},1\nperson-1,2\n".encode())
    run_queued()


def _add(actor, project, data, name="people"):
    upload = services.start_upload(actor=actor, project=project, filename=f"{name}.csv", size=len(data))
    services.append_chunk(actor=actor, upload_id=upload.pk, offset=0, data=data)
    upload = services.complete_upload(actor=actor, upload_id=upload.pk, now=now())
    dataset = services.create_dataset(actor=actor, project=project, name=name)
    services.create_version(actor=actor, dataset=dataset, upload=upload, now=now(), review=False)


@pytest.fixture
def run(sanad, monkeypatch):
    def words(*given, value=PERSON, code=0, role="admin"):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{value}\n"))
        ended, answered, said = sanad("erasure", *given, role=role)
        assert ended == code, said
        return [json.loads(line) for line in answered.splitlines()] if not code else said

    return words


def test_a_person_is_looked_for_erased_and_accounted_for(people, run, tmp_path):
    (found,) = run("preview", "who", "--dataset", "people")
    assert (found["kind"], found["name"], found["rows"]) == ("dataset_version", "people v1", 1)
    assert run("preview", "who", value="nobody") == []
    assert "No row here has this value" in run("start", "who", value="nobody", code=1)

    (begun,) = run("start", "who", "--no-wait")
    assert begun["state"] == "erasing"
    run_queued()
    (done,) = run("watch", begun["id"])
    assert done["state"] == "erased"
    assert {one["kind"]: one["row_count"] for one in done["things"]} == {"dataset_version": 1, "broker": None}
    assert [row["id"] for row in run("list")] == [begun["id"]]
    file = tmp_path / "erased.jsonl"
    run("summary", begun["id"], str(file))
    assert hashlib.sha256(file.read_bytes()).hexdigest() == done["summary_digest"]
    ledger.sequence_once()
    for ending, begins in (("pdf", b"%PDF"), ("html", b"<!"), ("json", b"{")):
        out = tmp_path / f"certificate.{ending}"
        run("certificate", begun["id"], "--out", str(out))
        assert out.read_bytes().lstrip().startswith(begins), ending
    assert json.loads(out.read_bytes())["sections"][0]["key"] == "erased"
    assert "is not a valid choice" in run("certificate", begun["id"], "--out", str(tmp_path / "c.exe"), code=1)
    assert "nothing to go on with" in run("go-on", begun["id"], code=1)


def test_erasing_is_for_administrators(people, run):
    assert run("preview", "who", code=4, role="scientist")
    assert run("list", code=4, role="viewer")


SEVERAL = "person-CANARY-81"


@pytest.fixture(scope="module")
def places(tokens):
    """Another person in two projects, who is in nothing else."""
    from apps.projects import services as projects

    tenant = find_tenant("acme")
    with scope(tenant.pk):
        actor = actor_for_user(user=User.objects.get(email="scientist@acme.test"), tenant=tenant)
        for slug in ("north", "south"):
            project = projects.create_project(
                actor=actor, slug=slug, name=slug.title(), purpose="Show that two are two"
            )
            _add(actor, project, f"guest,amount\n{SEVERAL},1\nperson-1,2\n".encode())
    run_queued()


def test_several_projects_are_looked_through_and_erased_from_by_one_command(places, run, portal, tokens):
    found = {row["project"]: row for row in run("preview", "guest", "--every-project", value=SEVERAL)}
    assert {slug: row["rows"] for slug, row in found.items() if row["state"] == "found"} == {"north": 1, "south": 1}
    assert "--dataset is of one project" in run("preview", "guest", "--every-project", "--dataset", "people", code=2)

    both = ("--in-project", "north", "--in-project", "south")
    begun = run("start", "guest", *both, "--no-wait", value=SEVERAL)
    assert [(row["project"], row["state"]) for row in begun] == [("north", "begun"), ("south", "begun")]
    assert "already" in run("start", "guest", *both, value=SEVERAL, code=1)
    run_queued()
    run_queued()
    with Client(portal.url, tokens["admin"]) as client:
        assert [client.erasures.wait(row["erasure"])["state"] for row in begun] == ["erased", "erased"]
        nobody = client.erasures.preview_in_projects(column="guest", value=SEVERAL)
    assert {row["state"] for row in nobody} == {"nowhere"}
    assert run("preview", "guest", "--every-project", code=4, role="scientist")
