"""The card of a dataset: a text in editions, and facts that evidence fills."""

from __future__ import annotations

import pytest

from apps.datasets import selectors, services
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.ledger.models import LedgerEvent
from foundation.web.editions import compared, edition, editions

ROWS = b"id,email\n1,a@acme.test\n2,b@acme.test\n"


@pytest.fixture
def dataset(scientist, written):
    written("Orders", ROWS)
    return selectors.visible_datasets(actor=scientist).get()


def said(actor, dataset, text, **words):
    return services.edit_dataset(actor=actor, dataset=dataset, description=text, freshness_promise=None, **words)


def texts(dataset):
    return [(one.number, one.text, one.why, one.restores) for one in editions(selectors.about_card(dataset))]


def test_each_text_is_an_edition_with_who_when_and_why(scientist, dataset):
    said(scientist, dataset, "What was sold.", why="first words")
    said(scientist, dataset, "What was sold.")  # nothing new is no edition
    said(scientist, dataset, "What was sold, by day.")
    services.restore_card(actor=scientist, dataset=dataset, number=1, why="better")
    assert texts(dataset) == [
        (3, "What was sold.", "better", 1),
        (2, "What was sold, by day.", "", None),
        (1, "What was sold.", "first words", None),
    ]
    newest = editions(selectors.about_card(dataset)).first()
    assert newest.by == scientist.user and newest.at is not None
    assert selectors.get_dataset(actor=scientist, dataset_id=dataset.pk).description == "What was sold."
    with pytest.raises(Conflict, match="counts already"):
        services.restore_card(actor=scientist, dataset=dataset, number=3)


def test_what_was_written_before_editions_were_kept_is_the_first_one(scientist, dataset):
    type(dataset).objects.filter(pk=dataset.pk).update(description="Old words.")
    dataset.refresh_from_db()
    said(scientist, dataset, "New words.")
    assert [text for _number, text, _why, _restores in texts(dataset)] == ["New words.", "Old words."]
    assert edition(selectors.about_card(dataset), 1).at is None


def test_whoever_may_not_edit_restores_nothing(scientist, viewer, dataset):
    said(scientist, dataset, "One")
    said(scientist, dataset, "Two")
    with pytest.raises(AccessDenied):
        services.restore_card(actor=viewer, dataset=dataset, number=1)
    with pytest.raises(NotFound):
        services.restore_card(actor=scientist, dataset=dataset, number=9)
    with pytest.raises(Invalid, match="at most 200"):
        said(scientist, dataset, "Three", why="x" * 201)


def test_the_ledger_hears_that_it_changed_and_no_word_of_it(scientist, dataset):
    said(scientist, dataset, "secret words", why="secret why")
    assert not any("secret" in str(event.payload) for event in LedgerEvent.objects.all())


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("", "a\nb", ["+a", "+b"]),
        ("a\nb", "a\nc", [" a", "-b", "+c"]),
        ("a", "a", []),
        ("1\n2\n3\n4\n5\n6\nold", "1\n2\n3\n4\n5\n6\nnew", ["…", " 5", " 6", "-old", "+new"]),
    ],
)
def test_two_editions_are_compared_line_by_line(old, new, lines):
    marks = {"added": "+", "removed": "-", "same": " ", "gap": "…"}
    assert [f"{marks[line.change]}{line.text}" for line in compared(old, new)] == lines


def test_facts_are_filled_from_evidence_and_say_from_which(scientist, dataset):
    found = selectors.card_facts(actor=scientist, dataset=dataset, now=now())
    facts = {row["name"]: row for row in services.facts_in_words(dataset, found)}
    assert facts["rows"]["value"] == "2" and facts["rows"]["evidence"] == "counted in version 1"
    assert facts["columns"]["value"] == "2: id, email" and facts["classes"]["value"] == "2 without a class"
    assert facts["digest"]["value"] == found.version.digest
    assert (facts["expectations"]["value"], facts["consumers"]["value"]) == ("none are set", "nothing yet")
    assert facts["sources"]["value"] == "Files of Orders"
    assert facts["freshness"]["value"] == "nothing is promised"
    text = services.card_as_markdown(actor=scientist, dataset=dataset, now=now())
    assert (
        text.startswith("# Orders\n\nNobody has said yet")
        and f"| Digest of the rows | {found.version.digest} |" in text
    )


def test_the_page_shows_both_and_the_way_back(scientist, viewer, dataset, client_as):
    browser, here = client_as(scientist), f"/t/acme/p/flights/data/{dataset.pk}/"
    words = {"description": "Sold **daily**.", "why": "said", "unit": "days"}
    assert browser.post(f"{here}edit/", words).status_code == 303
    browser.post(f"{here}edit/", {**words, "description": "Sold weekly.", "why": "corrected"})
    shown = browser.get(f"{here}?tab=card&edition=2").content.decode()
    for part in ("corrected", "<del>Sold **daily**.</del>", "<ins>Sold weekly.</ins>", "counted in version 1"):
        assert part in shown, part
    assert browser.get(f"{here}?tab=card&edition=7").status_code == 404
    assert browser.post(f"{here}card/restore/", {"edition": 1}).status_code == 303
    assert "<strong>daily</strong>" in browser.get(f"{here}?tab=card").content.decode()
    assert client_as(viewer).post(f"{here}card/restore/", {"edition": 2}).status_code == 403
    file = client_as(viewer).get(f"{here}card.md")
    assert file["Content-Type"].startswith("text/markdown") and b"Sold **daily**." in file.content


def test_by_rest_it_is_read_changed_and_restored(scientist, viewer, dataset, api_as):
    api, at = api_as(scientist), f"/api/v1/datasets/{dataset.pk}/"
    assert api.get(f"{at}card/").json()["edition"] == 0
    for text in ("One", "Two"):
        api.patch(at, {"description": text, "why": f"said {text}"}, content_type="application/json")
    rows = api.get(f"{at}editions/").json()["results"]
    assert [(row["number"], row["why"]) for row in rows] == [(2, "said Two"), (1, "said One")]
    back = api.post(f"{at}restore-card/", {"edition": 1}, content_type="application/json").json()
    assert (back["text"], back["edition"]) == ("One", 3)
    assert {fact["name"] for fact in back["facts"]} >= {"rows", "columns", "classes", "digest", "consumers"}
    assert api_as(viewer).post(f"{at}restore-card/", {"edition": 2}, content_type="application/json").status_code == 403


def test_whoever_erases_a_person_is_told_of_cards_that_name_them_in_any_edition(scientist, admin, dataset):
    from apps.datasets.choices import ErasedKind
    from apps.datasets.services.erasing import reaching

    said(scientist, dataset, "Ask person@acme.test for the codes.")
    said(scientist, dataset, "Ask the desk for the codes.")
    search = services.Search(actor=admin, project_id=dataset.project_id, column="email", value="person@acme.test")
    found = [one for reach in reaching.reaches() for one in reach.look(search) if one.kind == ErasedKind.CARD]
    assert [one.name for one in found] == ["Orders"]
