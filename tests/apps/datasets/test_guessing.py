"""Whoever sees masks gets round them by no act of their own: no guess, no way back, no SQL ahead of the data."""

from __future__ import annotations

import pytest

from apps.datasets import selectors, services
from apps.datasets.models import Quarantine
from apps.features import services as features
from apps.features.selectors import (
    digest_for,
    masks_of_set,
    masks_of_view,
    missing_map,
    over_time,
    profile_of_view,
)
from foundation.clock import now
from foundation.errors import AccessDenied
from tests.apps.datasets.test_masking import CLASSES, ROWS, blind
from tests.apps.datasets.transformation_stage import own_ledger as own_ledger
from tests.apps.datasets.transformation_stage import passes_of as passes_of
from tests.apps.datasets.transformation_stage import settle as settle

HEAD = ROWS.splitlines(keepends=True)[0]
HIT = b"99,canary7@example.ae,CanaryName Number7,4000001234567,1968-07-07,199008,DXB\n"
MISS = b"99,nobody@example.ae,Nobody,4999999999999,1999-01-01,5,DXB\n"


@pytest.fixture
def people(written, scientist):
    return services.classify_columns(actor=scientist, version=written("people.csv", ROWS), classes=CLASSES)


def test_no_figure_of_a_comparison_or_profile_tells_a_guess_from_a_hit(people, written, scientist, viewer):
    covered = set(selectors.masks(viewer, people))
    assert covered == {name for name, kind in CLASSES.items() if kind in {"personal", "sensitive"}}
    told = []
    for guess in (HIT, MISS):
        theirs = written(f"{guess[3:9].decode()}.csv", HEAD + guess)
        changes = selectors.compare(actor=viewer, before=people, after=theirs)
        told.append([(one.name, one.change, one.drift) for one in changes if one.name in covered])
        assert [one.drift is not None for one in changes if one.name == "dest"] == [True]
        # Put to the others, as a program that adds data does.
        grown = written("more.csv", ROWS + guess, dataset=people.dataset)
        profile = selectors.profile_for(blind(scientist), grown)
        told[-1] += [{**one, "name": ""} for one in profile["columns"] if one["name"] in covered]
    assert told[0] == told[1]
    # Whoever adds nothing sees how much differs, as before.
    assert {"distinct", "unique"} <= selectors.profile_for(viewer, people)["columns"][1].keys()


def test_what_was_said_of_harmless_values_uncovers_none_that_come_back(written, scientist, viewer):
    first = written("people.csv", ROWS)
    program = blind(scientist)
    harmless = written("x.csv", HEAD + b"1,x,x,x,x,x,x\n2,x,x,x,x,x,x\n", dataset=first.dataset)
    services.classify_column(actor=program, version=harmless, column="mail", column_class="public")
    back = services.roll_back(actor=program, to=first)
    for actor in (program, viewer):
        assert "mail" in selectors.masks(actor, back)
    again = written("again.csv", ROWS, dataset=first.dataset)
    assert "mail" in selectors.masks(viewer, again)
    # Nor do rows that were set aside of it, nor what is suggested to be expected of it, and read by everybody.
    aside = Quarantine(tenant_id=again.tenant_id, project_id=again.project_id, dataset=again.dataset, version=again)
    assert "mail" not in selectors.shown_columns(actor=viewer, quarantine=aside)
    suggested = services.suggest(actor=scientist, dataset=again.dataset)
    assert {one.expectation.kind.value for one in suggested if "mail" in one.expectation.columns} <= {
        "not_null",
        "unique",
    }
    with pytest.raises(AccessDenied, match="masked"):
        services.classify_column(actor=program, version=again, column="mail", column_class="public")
    services.classify_column(actor=scientist, version=again, column="mail", column_class="public")
    assert "mail" not in selectors.masks(viewer, selectors.get_version(actor=viewer, version_id=again.pk))


def test_sql_that_was_written_before_personal_values_came_reads_none(
    written,
    scientist,
    project,
    settle,
    passes_of,
):
    clean, program = written("t.csv", b"id,note\n1,fine\n2,good\n"), blind(scientist)
    output = services.create_dataset(actor=program, project=project, name="out")
    words = {"sql": "SELECT id, reverse(note) AS x, ascii(note) AS n FROM t", "inputs": {"t": clean.dataset_id}}
    made = services.create_transformation(actor=program, project=project, name="out", output=output, now=now(), **words)
    settle()
    rows = b"".join(b"%d,canary%d@example.ae\n" % (k, k) for k in range(50))
    written("t.csv", b"id,note\n" + rows, dataset=clean.dataset)
    settle()
    assert [state for state, *_rest in passes_of(made)] == ["succeeded", "failed"]
    assert "holds personal values" in passes_of(made)[-1][2]
    services.define_transformation(actor=scientist, transformation=made, now=now(), **words)
    services.run_transformation_now(actor=scientist, transformation=made)
    settle()
    assert passes_of(made)[-1][0] == "succeeded"
    # What was made of what is only suspected is suspected, whatever it is called and of whatever type.
    assert set(selectors.masks(program, selectors.latest_ready(output))) == {"x", "n"}


def test_features_are_masked_by_what_they_are_made_of_and_not_by_their_names(
    people, scientist, viewer, run_jobs, project
):
    entity = features.define_entity(actor=scientist, project=project, name="person", join_keys=["id"])
    view = features.define_view(
        actor=scientist,
        project=project,
        entity=entity,
        name="people",
        sql=(
            "SELECT id, TIMESTAMP '2026-01-01' AS at, salary AS pay, salary + 1 AS more, mail AS dest, mail, "
            "length(dest) AS card, upper(dest) AS city FROM p"
        ),
        inputs={"p": people.pk},
        event_time="at",
    )
    run_jobs()
    view.refresh_from_db()
    masks = masks_of_view(viewer, view)
    assert set(masks) == {"pay", "more", "dest", "mail"}
    assert (masks["dest"]("amna@example.ae"), masks["mail"]("amna@example.ae")) == ("•••", "a•••@•••.ae")
    assert masks_of_view(scientist, view) == {}
    assert (digest_for(viewer, view), digest_for(scientist, view)) == ("", view.digest)
    made = features.define_training_set(
        actor=scientist, project=project, name="rows", base_version_id=people.pk, label="dest"
    )
    run_jobs()
    assert set(masks_of_set(viewer, made)) == set(selectors.masks(viewer, people)) & {c["name"] for c in made.columns}
    words = {"base_version_id": people.pk, "label": "dest", "event_time": "born"}
    made = features.define_training_set(actor=scientist, project=project, name="timed", **words)
    run_jobs()
    made.refresh_from_db()
    assert [missing_map(made, actor=one).unit for one in (viewer, scientist)] == ["", "year"]


def test_keys_and_times_are_masked_by_what_they_are_made_of_too(people, scientist, viewer, run_jobs, project):
    entity = features.define_entity(actor=scientist, project=project, name="person", join_keys=["id"])
    view = features.define_view(
        actor=scientist,
        project=project,
        entity=entity,
        name="people",
        sql="SELECT mail AS id, min(born)::TIMESTAMP AS at, min(dest) AS dest FROM p GROUP BY mail",
        inputs={"p": people.pk},
        event_time="at",
    )
    run_jobs()
    view.refresh_from_db()
    masks = masks_of_view(viewer, view)
    assert {name: mask("amna@example.ae") for name, mask in masks.items()} == {"id": "•••", "at": "•••"}
    found = profile_of_view(viewer, view)["columns"]
    assert {one["name"]: one.get("min") for one in found if one["name"] in masks} == {"id": None, "at": None}
    assert over_time(view, "dest", actor=viewer) == []
    assert sum(piece.rows for piece in over_time(view, "dest", actor=scientist)) == view.row_count
    # Also which keys there are is told by an answer.
    asked = {"view_ids": [view.pk], "entities": [{"id": "canary7@example.ae"}]}
    with pytest.raises(AccessDenied, match="found by id, which you see masked"):
        features.read_online(actor=viewer, **asked)
    assert features.read_online(actor=scientist, **asked)[0]["features"] == {"dest": "DXB"}


def test_a_digest_of_few_rows_is_no_touchstone_for_guesses(people, written, scientist, viewer, client_as, api_as):
    """Whoever sees masks could try values out against it at home."""
    secret = written("x.csv", HEAD + HIT, dataset=people.dataset)
    page, rest = f"/t/acme/p/flights/data/versions/{secret.pk}/?tab=lineage", f"/api/v1/dataset-versions/{secret.pk}/"
    digests = [secret.digest, secret.source["sha256"]]
    places = [(client_as, page), (client_as, f"/t/acme/p/flights/data/{secret.dataset_id}/?tab=versions")]
    places += [
        (api_as, rest),
        (api_as, f"/api/v1/datasets/{secret.dataset_id}/lineage/"),
        (api_as, "/api/v1/datasets/?project=flights"),
    ]
    for sign_in, url in places:
        answer = sign_in(viewer).get(url)
        assert answer.status_code == 200, url
        assert [one for one in digests if one in answer.content.decode()] == [], url
    assert secret.digest in api_as(scientist).get(rest).content.decode()
    # Nor is one of their own versions, which they made of guesses.
    words = {"before": people, "after": written("own.csv", ROWS)}
    assert selectors.same_rows(viewer, **words) is None
    assert selectors.same_rows(scientist, **words) is True


def test_no_row_is_replaced_by_a_key_that_is_seen_masked(people, scientist, uploaded):
    upload = uploaded("guess.csv", HEAD + HIT)
    words = {"dataset": people.dataset, "upload": upload, "now": now(), "mode": "upsert"}
    with pytest.raises(AccessDenied, match="not matched by them for you: mail"):
        services.create_version(actor=blind(scientist), key=["id", "mail"], **words)
    assert services.create_version(actor=blind(scientist), key=["id"], **words)
