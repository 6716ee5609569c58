"""The Models pages: the ladder, the evidence, the card, and every act by a plain form."""

import re
from uuid import uuid4

import pytest

from apps.registry import selectors, services
from foundation import ledger
from foundation.tenancy import scope
from tests.apps.registry.stage import make_training_set

LIST = "/t/acme/p/flights/models/"


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_an_empty_list_offers_the_next_step(client_as, scientist, project):
    shown = page(client_as(scientist), LIST)

    assert "No models yet" in shown
    assert f'href="{LIST}new/"' in shown
    assert "sanad --project flights model register" in shown


def test_a_viewer_reads_why_nothing_can_be_registered(client_as, viewer, project):
    assert "model.register" in page(client_as(viewer), LIST)


def test_a_version_is_registered_by_a_plain_form(client_as, scientist, finished_run):
    run = finished_run()
    client = client_as(scientist)
    assert f'value="{run.pk}" selected' in page(client, f"{LIST}new/?run={run.pk}")
    answer = client.post(f"{LIST}new/", {"run": str(run.pk), "name": "flowers", "description": "Tell them apart"})

    version = selectors.versions_of_run(actor=scientist, run_id=run.pk).get()
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}versions/{version.pk}/")
    assert "being signed" in page(client, answer["Location"])


def test_a_name_stands_in_the_form_like_the_project_then_like_its_only_model(client_as, scientist, finished_run):
    run, client = finished_run(), client_as(scientist)
    assert client.get(f"{LIST}new/").context["form"]["name"].value() == "flights"
    client.post(f"{LIST}new/", {"run": str(run.pk), "name": "flowers"})
    assert client.get(f"{LIST}new/").context["form"]["name"].value() == "flowers"


def test_a_wrong_name_is_said_at_its_field(client_as, scientist, finished_run):
    run = finished_run()
    answer = client_as(scientist).post(f"{LIST}new/", {"run": str(run.pk), "name": "Flowers!"})

    assert answer.status_code == 422
    assert "Flowers!" in answer.context["form"].errors["name"][0]


@pytest.fixture
def house(promoted, registered):
    """One version in production, one candidate beside it."""
    return promoted(), registered(metrics={"test": {"log_loss": 0.01}})


def test_the_ladder_shows_who_serves_and_who_waits(client_as, viewer, house):
    serving, _candidate = house
    client = client_as(viewer)
    listed = page(client, LIST)
    ladder = page(client, f"{LIST}{serving.model_id}/")

    assert "In production: 1. Candidates that want to be: 1." in listed
    ladder = ladder[ladder.index('id="ladder"') :]
    assert ladder.index("Production") < ladder.index("flowers v1</bdi>") < ladder.index("flowers v2</bdi>")
    assert "Every file is as it was signed." in ladder


def test_the_list_is_narrowed_to_what_serves_or_does_not(client_as, viewer, house):
    client, link = client_as(viewer), f'href="{LIST}{house[0].model_id}/"'
    shown = {answer: link in page(client, f"{LIST}?serving={answer}") for answer in ("", "true", "false")}

    assert shown == {"": True, "true": True, "false": False}


@pytest.mark.parametrize("tab", ["evidence", "card", "inputs", "proof", "activity", "nonsense"])
def test_every_tab_of_a_version_has_an_address(client_as, viewer, registered, tab):
    version = registered()
    shown = page(client_as(viewer), f"{LIST}versions/{version.pk}/?tab={tab}")
    told = {
        "evidence": "Figures on test rows",
        "card": "<h4>What it is for</h4>",
        "inputs": "petal_length",
        "proof": version.artifact_digest,
        "activity": "registered and signed version 1",
    }
    assert told.get(tab, "Figures on test rows") in shown


def test_the_evidence_stands_against_production(client_as, scientist, house):
    shown = page(client_as(scientist), f"{LIST}versions/{house[1].pk}/")

    assert "Against <bdi>flowers v1</bdi> in production" in shown
    assert "Better" in shown
    assert "Ask for promotion" in shown


def test_a_refused_promotion_says_why_on_the_button(client_as, scientist, promoted, registered):
    promoted()
    worse = registered(metrics={"test": {"log_loss": 4.0}})
    client, url = client_as(scientist), f"{LIST}versions/{worse.pk}/"

    shown = page(client, url)
    assert 'aria-disabled="true"' in shown and "Worse than flowers v1 in production." in shown
    answer = client.post(f"{url}promote/")
    assert answer["Location"] == url
    assert "has not passed" in page(client, url)


def ask_on_the_page(client_as, api_as, actor, version):
    client, url = client_as(actor), f"{LIST}versions/{version.pk}/"
    assert client.post(f"{url}promote/")["Location"] == url
    return page(client, url)


def ask_over_rest(client_as, api_as, actor, version):
    answer = api_as(actor).post(f"/api/v1/model-versions/{version.pk}/promote/")
    said = answer.json()
    assert (answer.status_code, said["approval"], said["state"]) == (200, None, None)
    assert [gate["gate"] for gate in said["failed_gates"]] == ["metric"]
    return said["refusal"]


@pytest.mark.parametrize("ask", [ask_on_the_page, ask_over_rest])
def test_what_the_gates_say_of_a_refused_promotion_stays(ask, client_as, api_as, scientist, promoted, registered):
    candidate = registered(metrics={"test": {"log_loss": 4.0}})
    promoted()
    before = decided(candidate)
    assert candidate.gates.get(gate="metric").state == "passed"  # nothing was in production when it was registered

    assert "Worse than flowers v2 in production" in ask(client_as, api_as, scientist, candidate)
    assert candidate.gates.get(gate="metric").state == "failed"
    assert len(decided(candidate)) == len(before) + 6


def test_asking_twice_is_refused_alike_on_the_page_and_over_rest(client_as, api_as, scientist, registered):
    version = registered()
    services.request_promotion(actor=scientist, version=version)
    before = decided(version)
    on_page = client_as(scientist).post(f"{LIST}versions/{version.pk}/promote/")
    over_rest = api_as(scientist).post(f"/api/v1/model-versions/{version.pk}/promote/")

    assert (on_page.status_code, over_rest.status_code) == (409, 409)
    assert "asked for already" in on_page.content.decode() and "asked for already" in over_rest.json()["detail"]
    assert decided(version) == before


def decided(version):
    entries = ledger.events_of(subject=("model_version", version.pk))
    return [entry for entry in entries if entry.kind == "model_version.gate_decided"]


def test_promotion_opens_a_case_that_shows_the_evidence_to_an_officer(client_as, scientist, officer, house):
    answer = client_as(scientist).post(f"{LIST}versions/{house[1].pk}/promote/")
    assert answer.status_code == 303
    shown = page(client_as(officer), answer["Location"])

    assert "Against <bdi>flowers v1</bdi> in production" in shown
    assert "Data and proof of no leakage" in shown
    assert "0 of 150 rows, counted" in shown
    assert "Read edition 1" in shown
    assert "See the case" in page(client_as(scientist), f"{LIST}versions/{house[1].pk}/")


def test_without_an_event_time_case_card_and_gate_say_that_nothing_was_counted(
    client_as, scientist, officer, project, registered
):
    proof = {"rows": 150, "violations": 0, "mismatches": 0, "by_time": False}
    version = registered(training_set=make_training_set(scientist, project, leakage_proof=proof))
    assert version.gates.get(gate="leakage").figures == {"rows": 150}
    answer = client_as(scientist).post(f"{LIST}versions/{version.pk}/promote/")
    shown = page(client_as(officer), answer["Location"])

    assert shown.count("There is no event time, so nothing could be counted.") == 2
    assert "0 of 150 rows" not in shown and "0 leakage" not in shown


def test_the_page_of_a_version_shows_what_the_proof_counted_view_by_view(client_as, scientist, project, registered):
    counted = {"view": "delays v3", "view_id": str(uuid4()), "digest": "d" * 64, "joined": 121, "missing": 22}
    counted |= {"expired": 7, "violations": 0, "mismatches": 0, "early": 0, "oldest_us": 3_600_000_000}
    counted["looks_ahead"] = [{"name": "lead OVER", "line": 2, "reason": "later"}]
    proof = {"rows": 150, "violations": 0, "mismatches": 0, "by_time": True, "views": [counted]}
    version = registered(training_set=make_training_set(scientist, project, leakage_proof=proof))
    shown = page(client_as(scientist), f"{LIST}versions/{version.pk}/")

    row = shown[shown.index("<bdi>delays v3</bdi>") :].split("</tr>")[0]
    assert re.findall(r'<td class="s-num">([^<]*)</td>', row) == ["121", "22", "7", "0", "0"]
    assert "The SQL of delays v3 may look ahead: LEAD OVER in line 2." in shown


def test_before_a_gate_has_looked_the_headline_says_only_that(client_as, scientist, registered):
    version = registered()
    version.gates.all().delete()
    shown = page(client_as(scientist), f"{LIST}versions/{version.pk}/")

    assert "No gate stands against it" not in shown
    assert "The gates are about to look at it." in shown


def test_the_card_is_written_in_the_page_and_a_conflict_keeps_the_text(client_as, scientist, registered):
    version = registered()
    client, url = client_as(scientist), f"{LIST}versions/{version.pk}/card/"
    assert client.post(url, {"card": "# Ours\n\n<script>alert(1)</script>", "card_number": 1}).status_code == 303
    shown = page(client, f"{LIST}versions/{version.pk}/?tab=card")
    late = client.post(url, {"card": "Theirs", "card_number": 1})

    assert "<h3>Ours</h3>" in shown and "<script>alert" not in shown
    assert late.status_code == 422
    assert "Somebody changed the card" in late.context["form"].errors["card"][0]
    assert "Theirs" in late.content.decode() and "<h3>Ours</h3>" in late.content.decode()


def test_retiring_is_one_button(client_as, scientist, registered):
    version = registered()
    assert client_as(scientist).post(f"{LIST}versions/{version.pk}/retire/").status_code == 303
    assert selectors.get_model_version(actor=scientist, version_id=version.pk).stage == "retired"


@pytest.mark.parametrize("act", ["promote", "retire", "card"])
def test_a_viewer_changes_nothing(client_as, viewer, registered, act):
    version = registered()
    answer = client_as(viewer).post(f"{LIST}versions/{version.pk}/{act}/", {"card": "x", "card_number": 1})
    assert answer.status_code == 403


def test_charts_answer_with_a_sentence(client_as, viewer, registered):
    url, client = f"{LIST}versions/{registered().pk}/charts/", client_as(viewer)

    assert "costs most" in client.get(f"{url}importance/").json()["said"]
    calibration = client.get(f"{url}calibration/").json()
    assert [trace["name"] for trace in calibration["data"]] == ["Equal", "Test rows"]
    assert client.get(f"{url}else/").status_code == 404


def test_another_tenant_finds_nothing(client_as, other_scientist, registered):
    version = registered()
    with scope(other_scientist.tenant_id):
        from apps.projects import services as projects

        projects.create_project(actor=other_scientist, slug="flights", name="Theirs", purpose="Else")
    client = client_as(other_scientist)
    for place in (f"{version.model_id}/", f"versions/{version.pk}/", f"versions/{version.pk}/charts/importance/"):
        assert client.get(f"/t/other/p/flights/models/{place}").status_code == 404


def test_rest_walks_the_same_way(api_as, scientist, finished_run, run_jobs):
    client, run = api_as(scientist), finished_run()
    made = client.post(
        "/api/v1/models/", {"run": str(run.pk), "name": "flowers"}, content_type="application/json"
    ).json()
    run_jobs()

    version = client.get(f"/api/v1/model-versions/{made['id']}/").json()
    assert (version["stage"], version["card_number"], len(version["gates"])) == ("candidate", 1, 6)
    asked = client.post(f"/api/v1/model-versions/{made['id']}/promote/")
    assert asked.status_code == 202 and asked.json()["state"] == "open"
    again = client.post(f"/api/v1/model-versions/{made['id']}/promote/")
    assert again.status_code == 409 and "asked for already" in again.json()["detail"]
    assert client.get("/api/v1/models/?project=flights").json()["results"][0]["production"] is None
    listed = client.get(f"/api/v1/models/{made['model']}/versions/").json()["results"]
    assert [one["number"] for one in listed] == [1]


def test_a_conflicting_card_is_a_409_over_rest(api_as, scientist, registered):
    version, client = registered(), api_as(scientist)
    services.edit_card(actor=scientist, version=version, card="new", seen_number=1)
    answer = client.put(
        f"/api/v1/model-versions/{version.pk}/card/",
        {"card": "late", "card_number": 1},
        content_type="application/json",
    )
    assert answer.status_code == 409


def test_the_cards_editions_are_kept_compared_and_brought_back(client_as, api_as, scientist, registered):
    version = registered()
    client, here = client_as(scientist), f"{LIST}versions/{version.pk}/"
    client.post(f"{here}card/", {"card": "Ours", "card_number": 1, "why": "limits"})
    shown = page(client, f"{here}?tab=card&edition=2")
    assert "limits" in shown and "<ins>Ours</ins>" in shown and "Drafted from evidence" in shown
    assert client.post(f"{here}card/restore/", {"edition": 1}).status_code == 303
    rows = api_as(scientist).get(f"/api/v1/model-versions/{version.pk}/editions/").json()["results"]
    assert [(row["number"], row["restores"]) for row in rows] == [(3, 1), (2, None), (1, None)]
    assert rows[0]["text"] == rows[2]["text"] == client.get(f"{here}card.md").content.decode()
