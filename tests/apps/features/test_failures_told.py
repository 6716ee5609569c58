"""Why something of the feature store came to nothing, read in another language than it was asked for in."""

from __future__ import annotations

import io
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils.translation import override

from apps.dashboards.selectors.waiting import waiting
from apps.features import services
from apps.features.choices import BuildState, MaterialisationState
from apps.features.models import FeatureView, Materialisation
from foundation import jobs
from foundation.clock import now
from tests.apps.features.stage import DELAYS, LONG_AFTER, SQL
from tests.apps.features.test_retrievals import ask

__all__ = ["ask"]
EMPTY = f"{SQL} WHERE delay > 1000"
# Of each what it says in English and in Arabic, and where a program and a person read it.
SAID = {
    "view": ("The SQL gives no rows.", "لا يعطي SQL أي صفوف.", "feature-views", "views"),
    "training_set": (
        "No row of the data has a label inside the window.",
        "ليس في البيانات صف له وسم داخل النافذة.",
        "training-sets",
        "training-sets",
    ),
    "retrieval": ("the two would never meet.", "لن يلتقيا أبدًا.", "historical-features", "history"),
}


@pytest.fixture
def reads_in(scientist):
    """From then on the scientist reads, and asks, in that language."""

    def reading(language):
        scientist.user.language = language
        scientist.user.save(update_fields=["language"])

    return reading


@pytest.fixture
def unmade(define, carrier, view, flights, written, uploaded, ask, run_jobs):
    """A view, a training set and a retrieval that came to nothing."""

    def making(kind):
        if kind == "view":
            row = define.view(carrier, "none", EMPTY, event_time="moment", delays=written("again.csv", DELAYS))
        elif kind == "training_set":
            words = {"event_time": "moment", "features": ["carrier"], "window_start": LONG_AFTER}
            row = define.training_set(flights, "late", **words)
        else:
            sent = io.BytesIO()
            pq.write_table(pa.table({"carrier": [1], "moment": [datetime(2013, 1, 20)]}), sent)
            row = ask(upload_id=uploaded("n.parquet", sent.getvalue()).pk)
        run_jobs()
        row.refresh_from_db()
        assert row.state == BuildState.FAILED, row.failure
        return row

    return making


def told(row, kind, language, client_as, api_as, scientist):
    """What a program and a page say of it to whoever reads in that language."""
    _english, _arabic, things, pages = SAID[kind]
    program = api_as(scientist).get(f"/api/v1/{things}/{row.pk}/", headers={"accept-language": language})
    listed = api_as(scientist).get(f"/api/v1/{things}/?project=flights", headers={"accept-language": language})
    assert "failure_words" not in program.json()
    [in_list] = [one["failure"] for one in listed.json()["results"] if one["id"] == str(row.pk)]
    assert in_list == program.json()["failure"]
    page = client_as(scientist).get(f"/t/acme/p/flights/features/{pages}/{row.pk}/").content.decode()
    return in_list, page


@pytest.mark.parametrize("kind", SAID)
@pytest.mark.parametrize(("asked", "read"), [("en", "ar"), ("ar", "en")])
def test_why_it_came_to_nothing_is_told_in_the_readers_language(
    kind, asked, read, unmade, reads_in, client_as, api_as, scientist
):
    reads_in(asked)
    row = unmade(kind)
    reads_in(read)
    english, arabic, *_places = SAID[kind]
    for said in told(row, kind, read, client_as, api_as, scientist):
        assert (english in said, arabic in said) == (read == "en", read == "ar")


def test_what_was_kept_before_is_told_as_it_stands(unmade, reads_in, client_as, api_as, scientist):
    row = unmade("view")
    FeatureView.objects.filter(pk=row.pk).update(failure_words={})
    reads_in("ar")
    for said in told(row, "view", "ar", client_as, api_as, scientist):
        assert "The SQL gives no rows." in said


def test_why_values_are_not_online_is_told_in_the_readers_language(
    view, scientist, officer, reads_in, client_as, api_as
):
    services.request_materialisation(actor=scientist, view_id=view.pk)
    jobs.cancel_of(actor=officer, subject=("feature_view", view.pk))
    row = Materialisation.objects.order_by("-number").first()
    reads_in("ar")
    listed = f"/api/v1/feature-views/{view.pk}/materialisations/"
    [first, *_more] = api_as(scientist).get(listed, headers={"accept-language": "ar"}).json()["results"]
    page = client_as(scientist).get(f"/t/acme/p/flights/features/views/{view.pk}/?tab=online").content.decode()
    assert row.failure == "Cancelled by The officer." and "failure_words" not in first
    for said in (first["failure"], page):
        assert "Cancelled by" not in said and "ألغاه" in said
    row.state = MaterialisationState.FAILED
    row.save(update_fields=["state"])
    with override("ar"):
        reasons = [one.reason for one in waiting(actor=scientist, now=now())]
        assert any(row.failure_said in reason for reason in reasons) and "ألغاه" in row.failure_said
