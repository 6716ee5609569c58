"""Who may not see personal values in clear sees masks, through whichever door they come."""

from __future__ import annotations

import io
import json

import pyarrow.parquet as pq
import pytest

from apps.datasets import selectors, services
from apps.datasets.selectors import masking
from apps.features import services as features
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid
from tests.apps.datasets.conftest import write_version
from tests.support.shared import *  # noqa: F403

JSON = "application/json"
SECRETS = ["canary7@example.ae", "CanaryName", "4000001234562", "1961-07-07", "199000"]
ROWS = b"id,mail,full_name,card,born,salary,dest\n" + b"".join(
    b"%d,canary%d@example.ae,CanaryName Number%d,400000123456%d,19%d-07-07,%d,DXB\n"
    % (k, k % 9, k % 9, k % 9, 61 + k % 9, 199000 + k % 9)
    for k in range(60)
)

CLASSES = {
    "id": "internal",
    "mail": "personal",
    "full_name": "personal",
    "card": "sensitive",
    "born": "personal",
    "salary": "sensitive",
    "dest": "public",
}


def furnish(stage):
    version = write_version(stage.scientist, stage.project, "people.csv", ROWS)
    stage.people = services.classify_columns(actor=stage.scientist, version=version, classes=CLASSES)


@pytest.fixture
def people(tenant, shared):
    return shared.people


def test_masks_keep_the_shape_and_nothing_else():
    email, card, phone, emirates, other = (masking.mask_of(k) for k in ("email", "card", "phone", "emirates_id", ""))
    assert email("amna@example.ae") == "a•••@•••.ae"
    assert email("call a@b.ae now or later") == email("x") == email("@b.ae") == "•••"
    assert card("4000 0012 3456 2345") == "•••• •••• •••• 2345"
    assert card("400012") == "•••", "what is short would be given away"
    assert phone("+971 50 123 4567") == "+••• •• ••• ••67"
    assert emirates("784-1984-1234567-1") == "•••-••••-•••••••-•"
    assert emirates("٧٨٤-١٩٨٤-١٢٣٤٥٦٧-١") == "•••-••••-•••••••-•"
    assert other("anything") == other(7) == "•••"
    assert [mask(None) for mask in (email, card, phone, other)] == [None] * 4


def doors(client, api, version):
    """Each door by name: what it sends out, as text."""
    page, rest = f"/t/acme/p/flights/data/versions/{version.pk}/", f"/api/v1/dataset-versions/{version.pk}/"
    dataset = f"/t/acme/p/flights/data/{version.dataset_id}/"
    yield "rows", client.get(page).content.decode()
    yield "rows of the dataset", client.get(dataset).content.decode()
    yield "columns", client.get(f"{page}?tab=profile").content.decode()
    for index in range(len(version.schema)):
        yield f"chart {index}", client.get(f"{page}chart.json?column={index}").content.decode()
    yield "profile by REST", json.dumps(api.get(f"{rest}profile/").json())
    yield "the version by REST", json.dumps(api.get(rest).json())
    for name, answer in (("page", client.get(f"{page}rows.parquet")), ("REST", api.get(f"{rest}export/"))):
        table = pq.read_table(io.BytesIO(b"".join(answer.streaming_content)))
        yield f"Parquet by {name}", str(table.to_pylist())


def test_no_door_shows_a_masked_value_and_each_shows_it_to_whoever_may(people, viewer, scientist, client_as, api_as):
    shown = dict(doors(client_as(viewer), api_as(viewer), people))
    for name, text in shown.items():
        assert [secret for secret in SECRETS if secret in text] == [], name
    assert "c•••@•••.ae" in shown["rows"]
    assert "5 columns are masked for you" in shown["rows"]
    assert "DXB" in shown["rows"]
    assert "'dest': 'DXB'" in shown["Parquet by REST"]
    clear = dict(doors(client_as(scientist), api_as(scientist), people))
    assert {"rows", "Parquet by page", "Parquet by REST", "profile by REST"} <= {
        name for name, text in clear.items() if any(secret in text for secret in SECRETS)
    }
    assert "masked for you" not in clear["rows"]


def test_a_download_says_that_it_is_masked(people, viewer, scientist, client_as):
    where = f"/t/acme/p/flights/data/versions/{people.pk}/rows.parquet"
    assert "people-csv-v1-masked.parquet" in client_as(viewer).get(where)["Content-Disposition"].replace(
        "peoplecsv", "people-csv"
    )
    assert "masked" not in client_as(scientist).get(where)["Content-Disposition"]


def test_a_masked_column_cannot_be_sorted_by(people, viewer, client_as):
    where, index = f"/t/acme/p/flights/data/versions/{people.pk}/", list(CLASSES).index("salary")
    plain = client_as(viewer).get(where).content.decode()
    assert client_as(viewer).get(f"{where}?sort=-c{index}").content.decode().count("<bdi>DXB") == plain.count(
        "<bdi>DXB"
    )
    assert f"sort=c{index}" not in plain
    assert "sort=c0" in plain


def test_what_is_only_suspected_is_masked_until_somebody_says_otherwise(written, viewer, scientist):
    version = written("others.csv", ROWS)
    assert "mail" in selectors.masks(viewer, version)
    services.classify_column(actor=scientist, version=version, column="mail", column_class="internal")
    version.refresh_from_db()
    assert "mail" not in selectors.masks(viewer, version)


def test_what_sql_made_of_covered_columns_is_covered_under_their_name(people, viewer, scientist, run_jobs):
    made = services.derive_version(
        actor=scientist,
        dataset=people.dataset,
        sql="SELECT salary AS pay, born, dest FROM p",
        inputs={"p": people.pk},
    )
    run_jobs()
    made.refresh_from_db()
    assert set(selectors.masks(viewer, made)) == {"pay", "born"}


def test_nobody_asks_by_sql_for_what_they_see_masked(people, scientist, project, tenant):
    from dataclasses import replace

    blind = replace(
        scientist, kind="program", scopes=("dataset.view", "dataset.create", "feature.define", "feature.view")
    )
    asked = {"sql": "SELECT lower(mail) AS x FROM p", "inputs": {"p": people.pk}}
    for act in (
        lambda: services.preview_query(actor=blind, project=project, **asked),
        lambda: services.derive_version(actor=blind, dataset=people.dataset, **asked),
        lambda: features.preview_sql(actor=blind, project=project, **asked),
    ):
        with pytest.raises(AccessDenied, match="which you see masked: mail, full_name, card, born, salary"):
            act()


def test_rows_of_views_and_training_sets_are_masked_as_the_data_they_were_made_of(
    people, viewer, scientist, project, run_jobs, client_as, api_as
):
    entity = features.define_entity(actor=scientist, project=project, name="person", join_keys=["id"])
    view = features.define_view(
        actor=scientist,
        project=project,
        entity=entity,
        name="people",
        sql="SELECT id, born::TIMESTAMP AS at, mail, salary, upper(full_name) AS shout, dest FROM p",
        inputs={"p": people.pk},
        event_time="at",
    )
    made = features.define_training_set(
        actor=scientist, project=project, name="rows", base_version_id=people.pk, label="dest"
    )
    run_jobs()
    client, base = client_as(viewer), "/t/acme/p/flights/features"
    texts = [client.get(f"{base}/views/{view.pk}/?tab={tab}").content.decode() for tab in ("rows", "features")]
    texts += [client.get(f"{base}/training-sets/{made.pk}/?tab=rows").content.decode()]
    texts += [client.get(f"{base}/views/{view.pk}/chart.json?feature={k}").content.decode() for k in range(4)]
    for text in texts:
        assert [secret for secret in [*SECRETS[:3], "199000", "CANARYNAME"] if secret in text] == []
    assert "c•••@•••.ae" in texts[0]
    clear = client_as(scientist).get(f"{base}/views/{view.pk}/?tab=rows").content.decode()
    assert "CANARYNAME" in clear


def blind(actor, *scopes):
    """A program that adds data and sees personal values masked."""
    from dataclasses import replace

    return replace(actor, kind="program", scopes=("dataset.view", "dataset.create", *scopes))


def test_no_transformation_brings_out_what_its_author_sees_masked(people, scientist, project):
    output = services.create_dataset(actor=scientist, project=project, name="copied")
    words = {"sql": "SELECT reverse(mail) AS x FROM p", "inputs": {"p": people.dataset_id}, "now": now()}
    made = {"project": project, "name": "copied", "output": output, **words}
    with pytest.raises(AccessDenied, match="which you see masked"):
        services.create_transformation(actor=blind(scientist), **made)
    kept = services.create_transformation(actor=scientist, **{**made, "sql": "SELECT dest FROM p"})
    with pytest.raises(AccessDenied, match="which you see masked"):
        services.define_transformation(actor=blind(scientist), transformation=kept, **words)


ORACLES = [
    {"kind": "matches_regex", "columns": ["mail"], "parameters": {"pattern": "a.*"}, "severity": "warn"},
    {"kind": "in_range", "columns": ["salary"], "parameters": {"min": 199005}, "severity": "warn"},
    {"kind": "sql_condition", "columns": [], "parameters": {"sql": "mail < 'c'"}, "severity": "warn"},
]


def test_nobody_asks_by_expectations_for_what_they_see_masked(people, scientist):
    dataset = people.dataset
    away = {"dataset": str(dataset.pk), "columns": ["mail"]}
    oracles = [*ORACLES, {"kind": "foreign_key", "columns": ["dest"], "parameters": away, "severity": "warn"}]
    for one in oracles:
        with pytest.raises(AccessDenied, match="masked"):
            services.try_suite(actor=blind(scientist), dataset=dataset, expectations=[one])
        with pytest.raises(AccessDenied, match="masked"):
            services.save_suite(actor=blind(scientist), dataset=dataset, expectations=[one])
    harmless = {"kind": "not_null", "columns": ["mail"], "severity": "warn"}
    services.save_suite(actor=scientist, dataset=dataset, expectations=oracles)
    kept = services.save_suite(actor=blind(scientist), dataset=dataset, expectations=[*oracles, harmless])
    assert len(kept.expectations) == 5, "what others said stays, with what tells nothing beside it"


def test_nor_before_there_is_a_version_of_which_the_report_would_tell(people, scientist, project):
    dataset = services.create_dataset(actor=scientist, project=project, name="to come")
    back = {"dataset": str(dataset.pk), "columns": ["mail"]}
    there = {"kind": "foreign_key", "columns": ["dest"], "parameters": back, "severity": "warn"}
    for target, one in [*((dataset, one) for one in ORACLES), (people.dataset, there)]:
        with pytest.raises(AccessDenied, match="masked"):
            services.save_suite(actor=blind(scientist), dataset=target, expectations=[one])
        services.save_suite(actor=scientist, dataset=target, expectations=[one])


def test_nobody_guesses_at_masked_values_by_versions_of_their_own(people, written, scientist, viewer):
    guess = written("guess.csv", ROWS.splitlines(keepends=True)[0] + ROWS.splitlines(keepends=True)[1])
    later = written("more.csv", ROWS, dataset=people.dataset)
    for actor, before, after in ((viewer, guess, people), (blind(scientist), people, later)):
        pair = {"actor": actor, "before": before, "after": after}
        assert set(selectors.comparable(**pair)).isdisjoint(selectors.masks(actor, people))
        with pytest.raises(Invalid, match="You see these masked"):
            selectors.diff_rows(**pair, key=["mail"])
        with pytest.raises(Invalid, match="You see these masked"):
            selectors.diff_examples(**pair, key=["mail"])
        assert selectors.likely_key(**pair) != ["mail"]
    # Whoever adds nothing here learns nothing that they did not see before.
    assert "mail" in selectors.comparable(actor=viewer, before=people, after=later)


def test_no_suggestion_names_a_value_of_a_person(people, scientist):
    found = services.suggest(actor=scientist, dataset=people.dataset)
    private = {name for name, kind in CLASSES.items() if kind in {"personal", "sensitive"}}
    about = [one.expectation for one in found if private.intersection(one.expectation.columns)]
    assert about and {one.kind.value for one in about} <= {"not_null", "unique"}


def test_rows_of_a_column_that_no_version_has_yet_are_masked(people, viewer):
    import pyarrow as pa

    rows = pa.table({"dest": ["DXB"], "passport": ["CANARY12"], "emirates_id": [784198412345671]})
    [shown] = selectors.masked_rows(viewer, people.dataset, rows).to_pylist()
    assert shown == {"dest": "DXB", "passport": "•••", "emirates_id": "•••"}


def test_nobody_has_a_mask_fall_by_saying_that_it_is_none(people, written, scientist):
    program = blind(scientist)
    with pytest.raises(AccessDenied, match="masked"):
        services.classify_column(actor=program, version=people, column="mail", column_class="public")
    with pytest.raises(AccessDenied, match="masked"):
        services.classify_columns(actor=program, version=people, classes={"dest": "internal", "salary": "internal"})
    suspected = written("more.csv", ROWS)
    with pytest.raises(AccessDenied, match="masked"):
        services.classify_column(actor=program, version=suspected, column="mail", column_class="internal")
    stricter = services.classify_column(actor=program, version=people, column="dest", column_class="personal")
    assert {"mail", "dest"} <= set(selectors.masks(program, stricter))


def test_a_report_names_no_newest_moment_of_a_masked_column(ingested, scientist, viewer, project, client_as, api_as):
    dataset = services.create_dataset(actor=scientist, project=project, name="patients")
    fresh = {"kind": "freshness", "columns": ["born"], "parameters": {"hours": 1}, "severity": "warn"}
    services.save_suite(actor=scientist, dataset=dataset, expectations=[fresh])
    version = ingested("patients.csv", b"id,born\n1,1961-07-07\n2,1950-01-02\n", dataset=dataset)
    services.classify_columns(actor=scientist, version=version, classes={"born": "personal"})
    page, rest = f"/t/acme/p/flights/data/versions/{version.pk}/", f"/api/v1/dataset-versions/{version.pk}/validation/"
    assert "7 Jul 1961" in api_as(scientist).get(rest).content.decode()
    for answer in (api_as(viewer).get(rest), client_as(viewer).get(f"{page}?tab=checks")):
        assert answer.status_code == 200 and "1961" not in answer.content.decode()
