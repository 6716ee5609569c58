"""The addresses that the client uses, and who may use them."""

from __future__ import annotations

import json

import pytest
import sanad_verify

from foundation.tenancy import scope


def test_report_is_asked_for_made_and_fetched(chain, scientist, project, api_as, run_jobs):
    client = api_as(scientist)
    wanted = {"project": project.slug, "model_version": str(chain.version.pk)}
    answer = client.post("/api/v1/reports/", wanted, content_type="application/json")
    assert answer.status_code == 202
    made = answer.json()
    assert made["state"] == "making"
    assert client.get(f"/api/v1/reports/{made['id']}/pdf/").status_code == 409
    run_jobs()
    assert client.get(f"/api/v1/reports/{made['id']}/").json()["state"] == "ready"
    listed = client.get("/api/v1/reports/", {"project": project.slug}).json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]
    pdf = client.get(f"/api/v1/reports/{made['id']}/pdf/")
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    page = client.get(f"/api/v1/reports/{made['id']}/html/")
    assert page["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_viewer_reads_reports_and_makes_none(reported, chain, viewer, project, api_as):
    report, client = reported(), api_as(viewer)
    assert client.get(f"/api/v1/reports/{report.pk}/pdf/").status_code == 200
    wanted = {"project": project.slug, "model_version": str(chain.version.pk)}
    assert client.post("/api/v1/reports/", wanted, content_type="application/json").status_code == 403


def test_nothing_is_seen_from_another_tenant(reported, other_scientist, api_as):
    report, client = reported(), api_as(other_scientist)
    assert client.get(f"/api/v1/reports/{report.pk}/").status_code == 404
    assert client.get(f"/api/v1/reports/{report.pk}/pdf/").status_code == 404
    assert client.get("/api/v1/reports/").json()["results"] == []
    # What they were refused stands on their own ledger.
    assert {row["kind"] for row in client.get("/api/v1/ledger/").json()["results"]} == {"access.refused"}


def test_ledger_is_read_page_by_page_and_narrowed(chain, officer, project, api_as):
    client = api_as(officer)
    first = client.get("/api/v1/ledger/", {"limit": 5}).json()
    assert len(first["results"]) == 5
    second = client.get(first["next"]).json()
    assert not {row["id"] for row in first["results"]} & {row["id"] for row in second["results"]}
    runs = client.get("/api/v1/ledger/", {"kind": "run.*"}).json()["results"]
    assert [row["kind"] for row in runs] == ["run.succeeded", "run.started", "run.queued"]
    about = client.get("/api/v1/ledger/", {"subject": f"run:{chain.run.pk}"}).json()["results"]
    assert {row["id"] for row in about} == {row["id"] for row in runs}
    by_officer = client.get("/api/v1/ledger/", {"actor": str(officer.id)}).json()["results"]
    assert {row["kind"] for row in by_officer} == {"approval.granted"}
    later = client.get("/api/v1/ledger/", {"since": "2999-01-01T00:00:00Z"}).json()["results"]
    assert later == []
    assert client.get("/api/v1/ledger/", {"project": project.slug}).json()["results"]
    assert client.get("/api/v1/ledger/", {"since": "yesterday"}).status_code == 422


def test_a_token_made_to_read_the_ledger_searches_it_too(chain, officer, api_as):
    reader = api_as(officer, scopes=["ledger.view"])
    found = reader.get("/api/v1/ledger/", {"q": "approval"})
    assert found.status_code == 200
    assert "approval.granted" in {row["kind"] for row in found.json()["results"]}
    assert reader.get("/api/v1/ledger/", {"q": "officer"}).json()["results"] == [], "it does not see who is who"


def test_verify_answers_in_words(chain, officer, api_as):
    found = api_as(officer).post("/api/v1/ledger/verify/", {}, content_type="application/json").json()
    assert found["ok"] is True
    assert found["fault"] == ""
    assert found["entries"] == found["signed"] == found["last_checkpoint"]["tree_size"]


def test_export_key_and_anchor_satisfy_the_stand_alone_verifier(chain, officer, api_as, tmp_path, capsys):
    client, files = api_as(officer), {}
    for name in ("export", "key", "anchor"):
        answer = client.get(f"/api/v1/ledger/{name}/")
        assert answer.status_code == 200
        files[name] = tmp_path / name
        files[name].write_bytes(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    code = sanad_verify.main(
        [str(files["export"]), "--key", str(files["key"]), "--anchor", str(files["anchor"]), "--json"]
    )
    assert code == 0, capsys.readouterr().out
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("act", ["verify", "export", "anchor"])
def test_the_whole_ledger_is_not_for_scientists_nor_a_projects_token(chain, scientist, officer, project, api_as, act):
    for client in (api_as(scientist), api_as(officer, project_id=project.pk)):
        send = client.post if act == "verify" else client.get
        assert send(f"/api/v1/ledger/{act}/").status_code == 403


def test_viewer_may_not_read_the_ledger(chain, viewer, api_as):
    refused = api_as(viewer).get("/api/v1/ledger/")
    assert refused.status_code == 403
    assert "ledger.view" in refused.json()["detail"]


def test_anchor_says_when_there_is_none_yet(other_scientist, api_as):
    from tests.support.people import make_person

    auditor = make_person(other_scientist.tenant, "auditor")
    with scope(auditor.tenant_id):
        answer = api_as(auditor).get("/api/v1/ledger/anchor/")
    assert answer.status_code == 404
    assert "No checkpoint has been anchored yet" in answer.json()["detail"]
