"""Skew and freshness where people and programs meet them: a view's tabs, a feature's page, the list, the bell, REST."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from apps.dashboards import selectors as dashboards
from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import selectors, services
from apps.features.choices import SkewKind
from apps.features.models import FeatureView, SkewCheck
from foundation.clock import now
from tests.apps.features.shared import *  # noqa: F403

FEATURES = "/t/acme/p/flights/features/"


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


@pytest.fixture
def compared(view):
    """Two comparisons of ten answers each: the feature was another in three of the one and in one of the other."""
    for minute, different, gap in ((1, 3, 4.5), (2, 1, None)):
        at = now() - timedelta(minutes=minute)
        SkewCheck.objects.create(
            tenant_id=view.tenant_id,
            project_id=view.project_id,
            view=view,
            checked_at=at,
            first_at=at,
            last_at=at,
            compared=10,
            different=different,
            kinds={SkewKind.OLDER: different},
            features=[{"name": "recent_delay", "different": different, "gap": gap}],
            place=f"{minute}-0",
        )
    return view


def skewed(view):
    FeatureView.objects.filter(pk=view.pk).update(skewed_since=now())


def feature_of(view, actor):
    services.note_view(view_id=view.pk)
    return selectors.visible_features(actor=actor).get(view=view)


def test_the_tab_of_a_view_tells_how_often_why_and_of_which_feature(client, compared):
    here = f"{FEATURES}views/{compared.pk}/"
    answer = client.get(here, {"tab": "skew"})
    text, found = answer.content.decode(), answer.context["skew"]
    assert (found.compared, found.different, found.share) == (20, 4, 0.2)
    assert found.features == [{"name": "recent_delay", "different": 4, "gap": 4.5}]
    assert [(str(label), count) for label, count in answer.context["kinds"]] == [(str(SkewKind.OLDER.label), 4)]
    assert "Feature by feature" in text and "4.5" in text
    assert "More answers than allowed" not in text
    assert "(client.features.reader), nor are results of on-demand features" in text
    assert "judged by the 20 answers compared last: 4 of them differ, 20.00\u202f%, and 1.00\u202f% may" in text
    skewed(compared)
    assert "More answers than allowed" in client.get(here, {"tab": "skew"}).content.decode()
    assert "its skew says which features and why" in client.get(here).content.decode()
    SkewCheck.objects.order_by("pk").first().delete()
    assert "10 more answers have to be compared" in client.get(here, {"tab": "skew"}).content.decode()
    SkewCheck.objects.all().delete()
    assert "No skew measured yet" in client.get(here, {"tab": "skew"}).content.decode()


def test_the_page_of_a_feature_says_how_consistent_and_how_fresh_it_is(client, api_as, compared, scientist):
    feature = feature_of(compared, scientist)
    here, rest = f"{FEATURES}catalogue/{feature.pk}/", f"/api/v1/features/{feature.pk}/"
    text = client.get(here).content.decode()
    assert "of 20 answers compared" in text and f"{FEATURES}views/{compared.pk}/?tab=skew" in text
    assert "Out of date" not in text and "Nothing was compared yet" not in text
    assert api_as(scientist).get(rest).json()["skew"] == {"compared": 20, "different": 4, "gap": 4.5}
    FeatureView.objects.filter(pk=compared.pk).update(stale_since=now(), freshness_seconds=172_800)
    text = client.get(here).content.decode()
    assert "Out of date" in text and "Expected within 2 days" in text and "longer ago than expected" in text
    skewed(compared)
    assert "the skew of the view says why" in client.get(here).content.decode()
    SkewCheck.objects.all().delete()
    assert "Nothing was compared yet" in client.get(here).content.decode()
    assert api_as(scientist).get(rest).json()["skew"] is None


def test_the_list_says_first_what_is_skewed_and_then_what_is_old(client, view):
    def told():
        return client.get(FEATURES).content.decode(), client.get(FEATURES, {"show": "views"}).content.decode()

    headline, rows = told()
    assert "computed and online" in headline and "Skewed" not in rows and "Out of date" not in rows
    FeatureView.objects.filter(pk=view.pk).update(stale_since=now())
    headline, rows = told()
    assert "latest event of one view is older than expected" in headline and "Out of date" in rows
    skewed(view)
    headline, rows = told()
    assert "One feature view serves other values than a model learned from: " in headline and "Skewed" in rows
    assert f'<a href="{FEATURES}views/{view.pk}/?tab=skew"><bdi>carrier_delay v1</bdi></a>.' in headline


def asked_again(answer):
    return re.findall(r'id="watch-feature_view:[^"]*"[^>]* hx-get="([^"]*)"', answer.content.decode())


def test_the_pages_of_a_view_and_its_feature_follow_with_the_tab_that_they_show(client, view, scientist):
    for path, tab in ((f"views/{view.pk}/", "online"), (f"catalogue/{feature_of(view, scientist).pk}/", "use")):
        FeatureView.objects.filter(pk=view.pk).update(skewed_since=None)
        (asks,) = asked_again(client.get(FEATURES + path, {"tab": tab}))
        again = html.unescape(asks)
        assert again.startswith(f"{FEATURES}{path}?tab={tab}&unless="), again
        assert client.get(again).status_code == 204, path
        skewed(view)
        anew = client.get(again)
        assert (anew.status_code, anew.context["tab"]) == (200, tab), path
        assert [html.unescape(one).count("unless=") for one in asked_again(anew)] == [1], path


def test_a_skewed_view_waits_under_the_bell_of_whoever_sees_to_the_data(view, scientist, viewer):
    def waits(person):
        return [(row.id, row.state_label) for row in dashboards.waiting(actor=person, now=now())]

    assert waits(scientist) == []
    skewed(view)
    assert waits(scientist) == [(view.pk, "Not consistent")]
    assert waits(viewer) == []


def test_rest_tells_the_same_and_sets_how_much_is_compared(api_as, scientist, viewer, compared):
    here = f"/api/v1/feature-views/{compared.pk}/"
    told = api_as(viewer).get(f"{here}skew/").json()
    assert (told["compared"], told["different"], told["share"], told["kinds"]) == (20, 4, 0.2, {"older": 4})
    assert [one["different"] for one in told["checks"]] == [3, 1]
    assert told["judged"] == {"compared": 20, "different": 4, "share": 0.2, "enough": True}

    def watch(person, **words):
        return api_as(person).post(f"{here}watch-skew/", words, content_type="application/json")

    assert watch(scientist, share=0.5, limit=0.25).json()["skew_share"] == 0.5
    assert watch(scientist, share=2, limit=0.25).status_code == 422
    assert watch(viewer, share=0.5, limit=0.25).status_code == 403


def test_whoever_sees_values_masked_is_told_no_distance_of_them(compared, scientist):
    version = datasets.versions_by_id({UUID(next(iter(compared.inputs.values())))})[0]
    dataset_services.classify_columns(actor=scientist, version=version, classes={"delay": "personal"})
    masked = replace(scientist, scopes=frozenset({"feature.view", "dataset.view"}))
    gaps = [selectors.skew_of(actor=one, view=compared).features[0]["gap"] for one in (scientist, masked)]
    assert gaps == [4.5, None]
