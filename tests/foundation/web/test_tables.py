"""A page far from the first holds the rows that it would hold anyhow, and makes no others."""

from __future__ import annotations

import django_tables2
import pytest
from django.db.models import Value
from django.db.models.signals import post_init
from django.test import RequestFactory

from apps.projects.models import Project
from foundation.web.tables import PortalTable, build_table


class Names(PortalTable):
    name = django_tables2.Column()


@pytest.fixture
def projects(tenant):
    names = [f"p{n:03d}" for n in range(120)]
    Project.objects.bulk_create(Project(tenant=tenant, slug=name, name=name, purpose="x") for name in names)
    return Project.objects.annotate(told=Value("told")).order_by("name")


@pytest.mark.parametrize(("asked", "first", "many"), [("page=1", 0, 25), ("page=3", 50, 25), ("page=5", 100, 20)])
def test_a_page_is_the_same_near_and_far(projects, asked, first, many, django_assert_max_num_queries):
    made = []
    post_init.connect(lambda **given: made.append(given["instance"]), sender=Project, weak=False, dispatch_uid="made")
    try:
        with django_assert_max_num_queries(4):
            table = build_table(RequestFactory().get(f"/?{asked}&sort=name"), Names, projects)
            shown = [row.record for row in table.page.object_list]
    finally:
        post_init.disconnect(sender=Project, dispatch_uid="made")

    assert [row.name for row in shown] == [f"p{n:03d}" for n in range(first, first + many)]
    assert {row.told for row in shown} == {"told"}
    assert len(made) == many
    assert table.page.paginator.count == 120


def test_the_other_way_round_and_as_values(projects):
    down = build_table(RequestFactory().get("/?page=2&sort=-name"), Names, projects)
    plain = build_table(RequestFactory().get("/?page=2"), Names, projects.values("name"))

    assert next(row.record.name for row in down.page.object_list) == "p094"
    assert next(row.record["name"] for row in plain.page.object_list) == "p025"


def test_a_filters_fields_have_ids_of_their_own_beside_another_form(client_as, admin):
    page = client_as(admin).get("/t/acme/settings/members/").content.decode()
    assert 'id="filter_role"' in page and page.count('id="id_role"') == 1
