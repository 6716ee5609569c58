"""What is deleted under Settings opens nothing from then on, and comes back out of the bin as it was, for some days."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from apps.projects.models import Project
from apps.projects.services import archive_project
from apps.tenants import selectors, services
from apps.tenants.choices import MOST_WEBHOOKS
from apps.tenants.models import BinnedThing, Webhook
from apps.tenants.services.judging import mapped
from apps.tenants.services.webhooks import signing
from foundation import access, ledger
from foundation.access import Permission, StepUpRequired
from foundation.access.actors import actor_for_user
from foundation.access.models import Group, GroupMember, Membership, ProjectRole
from foundation.clock import database_now, now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.tenancy import scope
from tests.apps.tenants.bin_stage import (
    URL,
    binned,
    group,
    guest,
    make_provider,
    make_webhook,
    state_of,
    webhook,
)
from tests.support.people import make_person, make_tenant

__all__ = ["group", "guest", "webhook"]


def may_start_runs(person, project):
    actor = actor_for_user(user=person.user, tenant=person.tenant)
    return access.can(actor, Permission.RUN_START, access.Inside(project.pk))


def kinds_of(subject):
    return [event.kind for event in ledger.events_of(subject=subject)]


def delete(admin, group):
    return services.delete_group(actor=admin, group=group)


def restore(admin):
    return services.restore(actor=admin, binned=binned())


def end_the_days():
    BinnedThing.objects.update(kept_until=database_now() - timedelta(seconds=1))


# Groups


def test_a_group_in_the_bin_gives_nothing_and_comes_back_as_it_was(admin, group, guest, viewer, project):
    before, roles = state_of(group), list(ProjectRole.objects.filter(group=group).values_list("project_id", "role"))
    assert may_start_runs(guest, project)
    delete(admin, group)
    assert not may_start_runs(guest, project)
    assert not Group.objects.exists() and not GroupMember.objects.exists() and not ProjectRole.objects.exists()

    back = restore(admin)
    assert (back.thing_id, back.name, back.left_out) == (group.pk, "Fraud team", [])
    assert state_of(Group.objects.get()) == before
    assert set(GroupMember.objects.values_list("user_id", flat=True)) == {guest.user.pk, viewer.user.pk}
    assert list(ProjectRole.objects.filter(group=group).values_list("project_id", "role")) == roles
    assert may_start_runs(guest, project)
    assert not BinnedThing.objects.exists()


def test_the_ledger_tells_of_the_deletion_the_restoration_and_all_that_is_given_anew(admin, group, guest):
    delete(admin, group)
    restore(admin)
    told = kinds_of(("group", group.pk))
    assert told[:4] == ["group.joined", "group.joined", "group.restored", "group.deleted"]
    restored = next(e for e in ledger.events_of(subject=("group", group.pk)) if e.kind == "group.restored")
    assert restored.payload == {"group_id": str(group.pk), "people": 2, "roles": 1}
    assert restored.actor_id == admin.user.pk


def test_its_name_is_free_at_once_and_a_taken_one_says_how_to_mend_it(admin, group):
    delete(admin, group)
    services.create_group(actor=admin, name="Fraud team")
    with pytest.raises(Conflict, match=r"There is a group “Fraud team” already\. Rename or delete that one"):
        restore(admin)
    assert binned().thing_id == group.pk

    services.edit_group(actor=admin, group=Group.objects.get(), name="Others", description="")
    assert restore(admin).name == "Fraud team"


def test_whoever_left_is_left_out_and_said_even_where_they_came_again(admin, tenant, group, guest, viewer):
    delete(admin, group)
    for person in (guest, viewer):
        place = Membership.objects.get(user=person.user)
        services.remove_member(actor=admin, membership=place, now=now())
    # Invited anew: they do not come into what they were in before.
    Membership.objects.create(tenant=tenant, user=guest.user, role="member")

    assert restore(admin).left_out == ["2 people have left the organisation meanwhile and were left out."]
    assert not GroupMember.objects.exists()


def test_a_project_that_is_gone_is_left_out_and_said(admin, group, guest, project):
    delete(admin, group)
    Project.objects.all().delete()
    assert restore(admin).left_out == ["One role was left out: its project is gone."]
    assert not ProjectRole.objects.exists()


def test_a_role_in_an_archived_project_comes_back_as_it_may_be_given_there(admin, group, guest, project):
    archive_project(actor=admin, project=project)
    delete(admin, group)
    assert restore(replace(admin, archived={project.pk: ""})).left_out == []
    assert ProjectRole.objects.get().role == "scientist"


def test_nobody_gives_by_restoring_what_they_may_not_give(admin, group, project):
    delete(admin, group)
    narrow = replace(admin, scopes=frozenset({"member.manage", "tenant.manage", "project.view"}))
    with pytest.raises(AccessDenied):
        restore(narrow)
    assert binned().thing_id == group.pk and not Group.objects.exists()


def test_a_mapping_that_names_the_group_holds_again(admin, group):
    line = {"external": "builders", "role": "", "group": str(group.pk)}
    provider = make_provider(admin.tenant, "Company", mapping=[line])
    delete(admin, group)
    assert mapped(provider, ["builders"])[1] == frozenset()
    restore(admin)
    assert mapped(provider, ["builders"])[1] == {group.pk}


# Webhooks


def test_a_webhook_in_the_bin_is_sent_nothing_and_signs_as_before_when_it_is_back(admin, webhook):
    services.webhooks.roll_webhook_secret(actor=admin, webhook=webhook, now=now())
    before, at = state_of(webhook, but=("after_seq",)), now()
    words = {"message_id": "msg_1", "payload": "{}", "now": at}
    signed = signing.headers(Webhook.objects.get(), **words)
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    assert not Webhook.objects.exists()

    assert restore(admin).left_out == []
    back = Webhook.objects.get()
    assert state_of(back, but=("after_seq",)) == before
    assert signing.headers(back, **words) == signed
    assert signed["webhook-signature"].count("v1,") == 2


def test_it_hears_what_is_recorded_after_its_restoration_alone(admin, project):
    made = make_webhook(admin, kinds=["service_account"])
    services.webhooks.delete_webhook(actor=admin, webhook=made)
    services.create_service_account(actor=admin, name="meanwhile", role="viewer")
    ledger.sequence_once()
    restore(admin)
    services.create_service_account(actor=admin, name="after", role="viewer")
    ledger.sequence_once()
    ledger.dispatch_once(name="tenants.webhooks")
    assert Webhook.objects.get().deliveries.count() == 1


def test_neither_address_nor_secret_lies_in_clear(admin, webhook):
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    row = BinnedThing.objects.values().get()
    assert "a-secret-path" not in str(row) and b"a-secret-path" not in bytes(row["sealed"])
    assert "whsec_" not in str(row)


def test_a_webhook_for_which_there_is_no_room_waits_in_the_bin(admin, webhook):
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    others = [make_webhook(admin) for _n in range(MOST_WEBHOOKS)]
    with pytest.raises(Conflict, match=f"{MOST_WEBHOOKS} webhooks at most"):
        restore(admin)
    others[0].delete()
    assert restore(admin).name == "SIEM"


def test_a_webhook_whose_project_is_gone_stays_in_the_bin(admin, webhook):
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    Project.objects.all().delete()
    with pytest.raises(Conflict, match="is gone, so it would hear nothing"):
        restore(admin)
    assert binned().thing_id == webhook.pk


def test_an_address_that_may_not_be_called_any_more_does_not_come_back(admin, settings):
    settings.OUTBOUND_ALLOW = [ip_network("10.20.0.0/16")]
    made = make_webhook(admin, url="http://10.20.0.9/hook")
    services.webhooks.delete_webhook(actor=admin, webhook=made)
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(Invalid, match="not called from here"):
        restore(admin)


# For ever


def test_for_ever_asks_for_the_typed_name_and_stands_on_the_ledger(admin, group):
    delete(admin, group)
    with pytest.raises(Invalid, match=r"Type Fraud team to confirm\."):
        services.delete_for_ever(actor=admin, binned=binned(), confirmation="fraud team")
    services.delete_for_ever(actor=admin, binned=binned(), confirmation=" Fraud team ")
    assert not BinnedThing.objects.exists()
    assert kinds_of(("group", group.pk))[0] == "group.destroyed"


def test_the_bin_is_emptied_by_the_clock_with_an_entry_for_each(admin, group, webhook, settings):
    settings.SANAD_BIN_DAYS = 3
    delete(admin, group)
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    until = [row.kept_until - row.deleted_at for row in BinnedThing.objects.all()]
    assert until == [timedelta(days=3)] * 2
    assert services.empty_due(now=now() + timedelta(days=2)) == 0
    assert services.empty_due(now=now() + timedelta(days=3, minutes=1)) == 2

    with scope(admin.tenant_id):
        assert not BinnedThing.objects.exists()
        for subject in (("group", group.pk), ("webhook", webhook.pk)):
            event = ledger.events_of(subject=subject)[0]
            assert (event.kind, event.actor_kind) == (f"{subject[0]}.destroyed", "system")


def test_what_is_over_is_neither_shown_nor_restored_before_it_is_emptied(admin, group):
    delete(admin, group)
    row = binned()
    end_the_days()
    assert list(selectors.binned_things(actor=admin)) == []
    with pytest.raises(Conflict, match="in the bin no more"):
        services.restore(actor=admin, binned=row)
    assert not Group.objects.exists()


def test_what_was_restored_is_not_restored_again(admin, group):
    delete(admin, group)
    row = binned()
    restore(admin)
    with pytest.raises(Conflict, match="in the bin no more"):
        services.restore(actor=admin, binned=row)
    assert Group.objects.count() == 1


# Who


@pytest.mark.parametrize("role", ["scientist", "officer", "auditor", "viewer"])
def test_others_neither_see_nor_restore_nor_destroy(admin, group, role, tenant):
    delete(admin, group)
    other = make_person(tenant, role, f"second-{role}@acme.test")
    if role == "scientist":
        assert not selectors.binned_things(actor=other).exists(), "what lies there of data alone"
    else:
        with pytest.raises(AccessDenied):
            selectors.binned_things(actor=other)
    for act in (
        lambda: services.restore(actor=other, binned=binned()),
        lambda: services.delete_for_ever(actor=other, binned=binned(), confirmation="Fraud team"),
    ):
        with pytest.raises(AccessDenied):
            act()


def test_whoever_is_here_for_support_sees_no_groups_and_restores_nothing(admin, group, webhook):
    delete(admin, group)
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    scopes = frozenset(str(p) for p in Permission if p != Permission.MEMBER_MANAGE)
    visitor = replace(admin, guest_until=now() + timedelta(hours=1), scopes=scopes)
    assert [row.kind for row in selectors.binned_things(actor=visitor)] == ["webhook"]
    for row in BinnedThing.objects.all():
        with pytest.raises(AccessDenied):
            services.restore(actor=visitor, binned=row)


def test_an_old_session_confirms_first(admin, group):
    delete(admin, group)
    with pytest.raises(StepUpRequired):
        restore(replace(admin, stale=True))


def test_another_tenant_finds_nothing(admin, group):
    delete(admin, group)
    row, other = binned(), make_person(make_tenant("third", "Third"), "admin")
    with scope(other.tenant_id):
        with pytest.raises(NotFound):
            selectors.get_binned(actor=other, binned_id=row.pk)
        with pytest.raises(Conflict):
            services.restore(actor=other, binned=row)
        assert not Group.objects.exists()


# The whole tenant


def test_an_archive_lists_what_lies_in_the_bin_without_what_is_kept_of_it(admin, webhook):
    services.webhooks.delete_webhook(actor=admin, webhook=webhook)
    files = {path: b"".join(content) for path, content in services.tenant_part(admin)}
    (told,) = json.loads(files["tenant/bin.json"])
    assert (told["kind"], told["name"], told["thing_id"]) == ("webhook", "SIEM", str(webhook.pk))
    assert "kept" not in told and "sealed" not in told
    assert URL not in str(files)
