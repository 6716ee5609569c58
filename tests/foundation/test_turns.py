"""Periodic work gives every tenant its turn: one that fails is told of, and holds nobody up."""

from __future__ import annotations

import logging

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection

from foundation.clock import now
from foundation.tenancy import current_tenant_id, for_each, in_each, scope, take_turns
from foundation.tenancy.models import Tenant


def test_whoever_fails_keeps_nobody_waiting_and_is_told_of_at_the_end(tenant, other_tenant, caplog):
    seen = []

    def act(each):
        seen.append((each.slug, current_tenant_id()))
        if each == tenant:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        return 5

    with caplog.at_level(logging.ERROR, logger="sanad.tenancy"), pytest.raises(ExceptionGroup) as failure:
        in_each(act)
    assert seen == [("acme", tenant.pk), ("other", other_tenant.pk)]
    assert "1 of 2 turns failed" in str(failure.value)
    [error] = failure.value.exceptions
    assert (isinstance(error, DatabaseError), error.__notes__) == (True, ["In the turn of the tenant acme."])
    assert "The turn of the tenant acme failed" in caplog.text


def test_what_was_done_is_added_up(tenant, other_tenant):
    assert in_each(lambda each: 2 if each == tenant else None) == 2
    assert for_each(lambda each: 3) == 6


def test_what_one_wrote_in_a_turn_that_failed_is_taken_back_and_what_others_wrote_stays(tenant, other_tenant):
    def act(each):
        Tenant.objects.filter(pk=each.pk).update(name_ar="س")
        if each == tenant:
            raise RuntimeError

    with pytest.raises(ExceptionGroup):
        in_each(act)
    names = {}
    for each in (tenant, other_tenant):
        with scope(each.pk):
            names[each.slug] = Tenant.objects.get(pk=each.pk).name_ar
    assert (names["acme"] == "س", names["other"] == "س") == (False, True)


def test_a_deleted_tenant_has_a_turn_only_where_it_is_asked_for(tenant, other_tenant):
    with scope(tenant.pk):
        Tenant.objects.filter(pk=tenant.pk).update(deleted_at=now())
    seen = []
    for_each(lambda each: seen.append(each.slug))
    assert seen == ["other"]
    for_each(lambda each: seen.append(each.slug), also_deleted=True)
    assert seen == ["other", "acme", "other"]


def test_when_the_time_is_over_nobody_has_a_turn_any_more(tenant, other_tenant):
    seen = []

    def act(each):
        seen.append(each)
        raise SoftTimeLimitExceeded

    with pytest.raises(SoftTimeLimitExceeded):
        take_turns([1, 2], act, name=str)
    assert seen == [1]
