"""The pages on which a person is erased: look, confirm, follow, go on, and what stays on record."""

from __future__ import annotations

import hashlib
import html
import re

import pytest

from apps.connections.models import Connection
from apps.datasets import services
from apps.datasets.choices import MENTIONS, ErasedKind
from apps.datasets.models import Erasure, Ingestion
from foundation import ledger
from foundation.clock import now
from foundation.errors import Conflict, Invalid, NotFound
from foundation.lake import shredding
from foundation.live import topics
from tests.apps.datasets.conftest import written
from tests.apps.datasets.erasing_stage import CANARY, PERSON, WITH, with_keys_of_the_tenant
from tests.apps.tenants.test_step_up import age
from tests.support.people import make_person

__all__ = ["with_keys_of_the_tenant", "written"]
PAGE, REST = "/t/acme/compliance/erasures/", "/api/v1/erasures/"
LOOK = {"project": "flights", "dataset": "", "column": "who", "value": PERSON}


@pytest.fixture
def failed(written, admin, project, run_jobs, monkeypatch):
    """An erasure whose lake did not do its part."""
    written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)

    def broken(**_words):
        raise Conflict("The lake is broken.")

    with monkeypatch.context() as patched:
        patched.setattr(shredding, "shred", broken)
        run_jobs()
    erasure.refresh_from_db()
    return erasure


def test_one_looks_then_confirms_and_the_record_never_says_whom(written, admin, client_as, run_jobs):
    version, browser = written("people.csv", WITH), client_as(admin)
    looked = browser.post(PAGE, LOOK)
    page = looked.content.decode()
    assert [(one.id, one.rows) for one in looked.context["found"]] == [(version.pk, 2)]
    assert "destroyed, with a successor" in page
    assert CANARY not in page
    assert "no-store" in looked["Cache-Control"]
    assert not Erasure.objects.exists()

    refused = browser.post(PAGE, {**LOOK, "confirmation": "yes"})
    assert (refused.status_code, "Type ERASE to confirm" in refused.content.decode()) == (422, True)
    begun = browser.post(PAGE, {**LOOK, "confirmation": "ERASE"})
    erasure = Erasure.objects.get()
    assert (begun.status_code, begun["Location"]) == (303, f"{PAGE}{erasure.pk}/")
    waiting = browser.get(begun["Location"]).content.decode()
    assert f'data-live-topic="erasure:{erasure.pk}"' in waiting
    assert "s-job" in waiting
    run_jobs()
    for path in (PAGE, begun["Location"]):
        page = browser.get(path).content.decode()
        assert erasure.subject_digest[:12] in page
        assert PERSON not in page
        assert "Erased" in page


def test_the_summary_is_the_file_whose_digest_the_ledger_names(written, admin, client_as, run_jobs, tenant):
    written("people.csv", WITH)
    browser = client_as(admin)
    browser.post(PAGE, {**LOOK, "confirmation": "ERASE"})
    run_jobs()
    ledger.sequence_once()
    erasure = Erasure.objects.get()
    page = browser.get(f"{PAGE}{erasure.pk}/").content.decode()
    file = browser.get(f"{PAGE}{erasure.pk}/summary.jsonl")
    digest = hashlib.sha256(file.content).hexdigest()
    last = ledger.entries_about(tenant_id=tenant.pk, subjects=[("erasure", erasure.pk)])[-1].event
    assert last.payload["summary_digest"] == digest
    assert digest[:12] in page
    assert "attachment" in file["Content-Disposition"]


def test_the_certificate_says_in_words_what_was_destroyed_and_where_it_is_proven(
    written, admin, client_as, run_jobs, tenant
):
    version = written("people.csv", WITH)
    from apps.tenants import services as tenants

    tenants.ask_for_export(actor=admin)
    run_jobs()
    browser = client_as(admin)
    browser.post(PAGE, {**LOOK, "confirmation": "ERASE"})
    erasure = Erasure.objects.get()
    path = f"{PAGE}{erasure.pk}/"
    assert browser.get(f"{path}certificate.html").status_code == 409, "nothing is certified before its end"
    run_jobs()
    soon = browser.get(f"{path}certificate.html")
    assert soon.status_code == 409 and "Look again in a minute" in soon.content.decode(), "its entry has no place yet"
    ledger.sequence_once()
    erasure.refresh_from_db()
    assert f"{path}certificate.pdf" in browser.get(path).content.decode()
    file = browser.get(f"{path}certificate.html")
    said = html.unescape(re.sub(r"<[^>]+>", "", file.content.decode()))
    assert file["Content-Security-Policy"].startswith("sandbox;")
    assert "شهادة محو" in said
    for words in (
        "Flights",
        "The admin",
        "2 rows of the person were erased.",
        "1 dataset version held such rows.",
        "who",
        str(erasure.pk),
        erasure.summary_digest,
        erasure.subject_digest,
        f"Dataset version “{version}”; 2 rows of the person; data key and files destroyed",
        "1 archive that lay ready",
        "dataset.person_erased",
    ):
        assert words in said, words
    assert "Not proven" not in said and "Missing" not in said and "(Administrator)" not in said
    assert PERSON not in said and CANARY not in said
    erasure.things.update(row_count=7)
    assert "Not proven" in browser.get(f"{path}certificate.html").content.decode(), "a changed row agrees no longer"
    pdf = browser.get(f"{path}certificate.pdf", headers={"Accept-Language": "ar"})
    assert pdf.content.startswith(b"%PDF")
    assert browser.get(f"{path}certificate.exe").status_code == 404
    asked = age(browser).get(f"{path}certificate.pdf")
    assert (asked.status_code, "Confirm that it is you" in asked.content.decode()) == (403, True)


def test_programs_fetch_the_certificate_in_three_forms(written, admin, scientist, api_as, run_jobs, other_tenant):
    version, api = written("people.csv", WITH), api_as(admin)
    asked = {"project": "flights", "column": "who", "value": PERSON}
    pk = api.post(REST, asked, content_type="application/json").json()["id"]
    path = f"{REST}{pk}/certificate/"
    assert api.get(path).status_code == 409, "nothing is certified before its end"
    run_jobs()
    ledger.sequence_once()
    document = api.get(path)
    said = document.content.decode()
    (section,) = document.json()["sections"]
    assert str(version) in section["statements"][-1]["text"] and section["statements"][-1]["state"] == "proven"
    assert Erasure.objects.get().summary_digest in said and PERSON not in said
    assert api.get(path, {"form": "pdf"}).content.startswith(b"%PDF")
    page = api.get(path, {"form": "html"})
    assert (page["Content-Type"], "شهادة محو" in page.content.decode()) == ("text/html; charset=utf-8", True)
    assert page["Content-Security-Policy"].startswith("sandbox;")
    assert api.get(path, {"form": "exe"}).status_code == 422
    assert api_as(scientist).get(path).status_code == 403
    stranger = make_person(other_tenant, "admin", email="admin@other.test")
    assert {api_as(stranger).get(path, {"form": form}).status_code for form in ("json", "pdf", "html")} == {404}


def test_one_that_failed_offers_to_go_on_and_wants_the_same_value(failed, admin, client_as, run_jobs):
    browser, path = client_as(admin), f"{PAGE}{failed.pk}/"
    page = browser.get(path).content.decode()
    assert "The lake is broken." in page
    assert f'action="{path}go-on/"' in page
    refused = browser.post(f"{path}go-on/", {"value": "somebody else"})
    assert (refused.status_code, "another value than the one" in refused.content.decode()) == (422, True)
    assert browser.post(f"{path}go-on/", {"value": PERSON}).status_code == 303
    run_jobs()
    failed.refresh_from_db()
    assert failed.state == "erased"


def test_who_is_nowhere_is_said_to_be_nowhere(written, admin, client_as):
    written("people.csv", WITH)
    browser = client_as(admin)
    page = browser.post(PAGE, {**LOOK, "value": "nobody"}).content.decode()
    assert "Other projects were not looked through" in page
    assert "ERASE" not in page
    assert '<option value="who">' in page
    for slip in ({"column": "whom"}, {"value": PERSON.upper()}):
        refused = browser.post(PAGE, {**LOOK, **slip})
        assert refused.status_code == 422
        assert "nothing is to be erased" not in refused.content.decode()


def test_rest_refuses_a_mistyped_column_and_a_value_in_other_capitals(written, admin, api_as):
    written("people.csv", WITH)
    for slip, field in (({"column": "whom"}, "column"), ({"value": f"{PERSON} "}, "value")):
        asked = {"project": "flights", "column": "who", "value": PERSON, **slip}
        refused = api_as(admin).post(f"{REST}preview/", asked, content_type="application/json")
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])


def test_an_administrator_alone_freshly_proved(failed, admin, scientist, officer, client_as):
    for actor in (scientist, officer):
        assert client_as(actor).get(PAGE).status_code == 403
        assert client_as(actor).get(f"{PAGE}{failed.pk}/").status_code in {403, 404}
    assert age(client_as(admin)).post(PAGE, LOOK).status_code == 403
    assert age(client_as(admin)).post(f"{PAGE}{failed.pk}/go-on/", {"value": PERSON}).status_code == 403


def test_rest_looks_begins_and_sums_up(written, admin, scientist, api_as, run_jobs):
    version, api = written("people.csv", WITH), api_as(admin)
    asked = {"project": "flights", "column": "who", "value": PERSON}
    found = api.post(f"{REST}preview/", asked, content_type="application/json").json()
    assert [(one["kind"], one["id"], one["rows"]) for one in found] == [("dataset_version", str(version.pk), 2)]
    begun = api.post(REST, asked, content_type="application/json")
    assert (begun.status_code, begun.json()["state"]) == (202, "erasing")
    pk = begun.json()["id"]
    run_jobs()
    done = api.get(f"{REST}{pk}/").json()
    assert done["state"] == "erased"
    assert {one["kind"]: one["row_count"] for one in done["things"]} == {"dataset_version": 2, "broker": None}
    assert hashlib.sha256(api.get(f"{REST}{pk}/summary/").content).hexdigest() == done["summary_digest"]
    listed = api.get(REST, {"project": "flights"}).json()["results"]
    assert [row["id"] for row in listed] == [pk]
    assert PERSON not in str([done, listed])
    assert api.post(f"{REST}{pk}/go-on/", {"value": PERSON}, content_type="application/json").status_code == 409
    assert api_as(scientist).get(REST).status_code == 403


def test_another_tenant_finds_no_erasure_of_this_one(failed, other_tenant, api_as):
    stranger = make_person(other_tenant, "admin", email="admin@other.test")
    api = api_as(stranger)
    for path in ("", "summary/"):
        assert api.get(f"{REST}{failed.pk}/{path}").status_code == 404
    assert api.post(f"{REST}{failed.pk}/go-on/", {"value": PERSON}, content_type="application/json").status_code == 404
    with pytest.raises(NotFound):
        topics.check(stranger, topics.parse(f"erasure:{failed.pk}"))


def test_who_erases_is_told_what_people_wrote_down_and_the_ledger_counts_it(
    written, admin, scientist, project, client_as, run_jobs, tenant
):
    version = written("people.csv", WITH)
    dataset = version.dataset
    words = {"columns": ["who"], "severity": "warn"}
    known = [{**words, "kind": "in_set", "parameters": {"values": ["person-1", PERSON]}}]
    harmless = [{**words, "kind": "in_set", "parameters": {"values": ["person-1", PERSON + "7"]}}]
    suite = services.save_suite(actor=scientist, dataset=dataset, expectations=known)
    services.save_suite(actor=scientist, dataset=dataset, expectations=harmless)
    made = services.create_dataset(actor=scientist, project=project, name="Others")
    words = {"output": made, "inputs": {"d": dataset.pk}, "now": now()}
    sql = f"SELECT * FROM d WHERE who <> '{PERSON}'"
    services.create_transformation(actor=scientist, project=project, name="Without her", sql=sql, **words)
    at = {"host": "127.0.0.1", "port": 5432, "database": "d", "user": "u", "tls": "off"}
    inside = {"tenant": tenant, "project": project}
    source = Connection.objects.create(**inside, name="Source", kind="postgresql", settings=at, created_at=now())
    reading = {**inside, "dataset": dataset, "connection": source, "place": "people"}
    Ingestion.objects.create(**reading, cursor="who", reached=PERSON)
    Ingestion.objects.create(**reading, cursor="amount", reached=PERSON)

    browser = client_as(admin)
    looked = browser.post(PAGE, LOOK)
    told = [(one.kind, one.name) for one in looked.context["found"] if one.kind in MENTIONS]
    wanted = [
        (ErasedKind.EXPECTATIONS, str(suite)),
        (ErasedKind.SQL_TEXT, "Without her"),
        (ErasedKind.CURSOR, "people.csv ← people"),
    ]
    assert told == wanted
    assert "name the person by the value itself" in looked.content.decode()
    browser.post(PAGE, {**LOOK, "confirmation": "ERASE", "break_chain": "on"})
    run_jobs()
    erasure = Erasure.objects.get()
    assert erasure.state == "erased", erasure.failure
    page = browser.get(f"{PAGE}{erasure.pk}/").content.decode()
    assert "What people wrote down still names them" in page
    assert all(html.escape(name) in page for _kind, name in wanted)
    assert PERSON not in page
    said = {event.kind: event.payload for event in ledger.events_of(subject=("erasure", erasure.pk))}
    assert said["dataset.person_erased"]["left_count"] == 3
    assert PERSON not in str(services.summary_lines(erasure))
    # Nobody has her now; what was written down is found still, and rows that differ are looked for all the same.
    again = services.find_person(actor=admin, project=project, column="who", value=PERSON)
    assert {one.kind for one in again} <= MENTIONS
    other = PERSON.replace("77", "1").replace("CANARY-", "").upper()
    services.save_suite(
        actor=scientist, dataset=dataset, expectations=[{**known[0], "parameters": {"values": [other, "x"]}}]
    )
    with pytest.raises(Invalid, match="differs from it only in capitals"):
        services.find_person(actor=admin, project=project, column="who", value=other)


@pytest.mark.parametrize(
    ("value", "text", "named"),
    [
        ("784-1984", "who = '784-1984'", True),
        ("784-1984", "a784-1984", False),
        ("O'Neil", "who = 'O''Neil'", True),
        ("77", "LIMIT 77", False),
        ("77", "who = '77'", True),
        ("٧٧٧٧", "من ٧٧٧٧ إلى", True),
    ],
)
def test_a_value_is_named_where_it_stands_alone(admin, project, value, text, named):
    search = services.Search(actor=admin, project_id=project.pk, column="who", value=value)
    assert bool(services.naming(search).search(text)) is named
