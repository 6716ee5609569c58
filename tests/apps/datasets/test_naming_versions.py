"""A version by number, tag, day or moment, on pages and for programs; and the way back to an earlier one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from apps.datasets import selectors, services
from apps.datasets.models import DatasetVersion
from apps.tenants.models import UsageSpan
from foundation import ledger
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.ledger.dispatch import dispatch_once
from foundation.web.chain import chain_of
from tests.apps.datasets.conftest import write_version
from tests.support.shared import *  # noqa: F403

CSV = b"id,who\n" + b"".join(b"%d,person-%d\n" % (n, n % 7) for n in range(30))
JSON = "application/json"


def furnish(stage):
    """Three versions, committed on the first days of three months."""
    by = (stage.scientist, stage.project, "a.csv")
    first = write_version(*by, CSV)
    rest = [write_version(*by, CSV + b"%d,x\n" % (90 + k), dataset=first.dataset) for k in range(2)]
    for month, version in enumerate([first, *rest], start=1):
        version.committed_at = datetime(2026, month, 1, 12, tzinfo=UTC)
        version.save(update_fields=["committed_at"])
    stage.three = [first, *rest]


@pytest.fixture
def three(tenant, shared):
    return shared.three


def test_by_number_tag_and_time(three, scientist):
    first, second, third = three
    services.tag_version(actor=scientist, version=first, tag="gold")
    cases = {
        "v2": second,
        "3": third,
        "latest": third,
        "gold": first,
        "2026-01-31": first,
        "2026-02-01": second,
        "2026-02-01T11:59:00Z": first,
        "2026-02-01T12:00:00+00:00": second,
        "2026-03-01T11:00:00+04:00": second,
    }
    found = {at: selectors.find_version(actor=scientist, dataset_id=first.dataset_id, at=at).number for at in cases}
    assert found == {at: version.number for at, version in cases.items()}
    for nothing in ("v9", "silver", "2025-12-31"):
        with pytest.raises(NotFound, match=r"The newest is v3; tags: gold\."):
            selectors.find_version(actor=scientist, dataset_id=first.dataset_id, at=nothing)


def test_a_tag_names_one_version_and_can_be_moved(three, scientist, viewer, tenant):
    first, second, _third = three
    services.tag_version(actor=scientist, version=first, tag="gold")
    services.tag_version(actor=scientist, version=second, tag="gold")
    assert ([t.name for t in first.tags.all()], [t.name for t in second.tags.all()]) == ([], ["gold"])
    with pytest.raises(NotFound, match="has no tag"):
        services.untag_version(actor=scientist, version=first, tag="gold")
    services.untag_version(actor=scientist, version=second, tag="gold")
    for wrong in ("v3", "12", "latest", "2026-01-31", "Gold", "two words", "", "ذهب"):
        with pytest.raises(Invalid, match="is no tag"):
            services.tag_version(actor=scientist, version=first, tag=wrong)
    with pytest.raises(AccessDenied):
        services.tag_version(actor=viewer, version=first, tag="gold")
    ledger.sequence_once()
    entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("dataset_version", v.pk) for v in three])
    said = [e.event.kind.partition(".")[2] for e in entries if "tagged" in e.event.kind]
    assert sorted(said) == ["tagged", "tagged", "untagged"]


def test_the_way_back_gives_the_same_rows_without_a_copy(three, scientist, tenant, viewer):
    first, _second, third = three
    services.classify_columns(actor=scientist, version=first, classes={"id": "public", "who": "personal"})
    services.classify_columns(actor=scientist, version=third, classes={"who": "sensitive"})
    with pytest.raises(AccessDenied):
        services.roll_back(actor=viewer, to=first)
    made = services.roll_back(actor=scientist, to=first)
    assert (made.number, made.digest, made.row_count, made.state) == (4, first.digest, 30, "ready")
    assert (made.lake_table, made.lake_snapshot) == (first.lake_table, first.lake_snapshot)
    assert made.source == {"kind": "rollback", "of": str(first.pk)}
    assert [c["class"] for c in made.schema] == ["public", "sensitive"], "the last word on a column stands"
    assert DatasetVersion.objects.get(pk=made.pk).profile == first.profile
    chain = [node.name for node in chain_of(scientist, "dataset_version", made.pk)]
    assert chain[-2:] == ["a.csv v1", "a.csv v4"]
    assert [v.number for v in selectors.versions_made_from(actor=scientist, version_id=first.pk)] == [4]
    with pytest.raises(Conflict, match="has these rows already"):
        services.roll_back(actor=scientist, to=first)
    ledger.sequence_once()
    dispatch_once()
    assert not UsageSpan.objects.filter(subject_id=made.pk).exists(), "its bytes are paid for once"
    assert selectors.tables_named(tenant.pk).count(selectors.table_at(made)) == 2, "expiry keeps it for both"


def test_a_clock_that_jumps_back_changes_no_answer_about_the_past(three, scientist):
    first, second, third = three
    third.committed_at = first.committed_at - timedelta(days=1)
    third.save(update_fields=["committed_at"])
    rows = selectors.visible_versions(actor=scientist, dataset_id=first.dataset_id)
    assert selectors.version_as_of(rows, second.committed_at).number == 3, "the highest number that was there"


def test_the_page_and_programs_do_the_same(three, scientist, client_as, api_as):
    first, second, _third = three
    page, api = client_as(scientist), api_as(scientist)
    where, rest = f"/t/acme/p/flights/data/versions/{first.pk}/", f"/api/v1/dataset-versions/{first.pk}/"
    assert page.post(f"{where}tag/", {"tag": "gold"}).status_code == 303
    assert "gold" in page.get(where).content.decode()
    data = f"/t/acme/p/flights/data/{first.dataset_id}/"
    assert page.get(f"{data}find/", {"at": "gold"})["Location"].endswith(where)
    assert "gold" in page.get(f"{data}?tab=versions").content.decode()
    for query, number in (({"at": "gold"}, 1), ({"as_of": "2026-02-10"}, 2)):
        [found] = api.get(f"/api/v1/datasets/{first.dataset_id}/versions/", query).json()["results"]
        assert found["number"] == number
    assert api.get(f"/api/v1/datasets/{first.dataset_id}/versions/", {"as_of": "soon"}).status_code == 422
    answer = api.post(f"/api/v1/dataset-versions/{second.pk}/tag/", json.dumps({"tag": "gold"}), content_type=JSON)
    assert (answer.status_code, answer.json()["tags"]) == (200, ["gold"])
    assert api.get(rest).json()["tags"] == []
    answer = api.post(f"/api/v1/dataset-versions/{second.pk}/untag/", json.dumps({"tag": "gold"}), content_type=JSON)
    assert answer.json()["tags"] == []
    answer = api.post(f"{rest}roll-back/")
    assert (answer.status_code, answer.json()["number"]) == (201, 4), answer.content
    assert page.post(f"/t/acme/p/flights/data/versions/{second.pk}/roll-back/").status_code == 303
    shown = page.get(f"/t/acme/p/flights/data/versions/{answer.json()['id']}/?tab=lineage").content.decode()
    assert "Brought back" in shown
