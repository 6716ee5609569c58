"""How long versions are kept: a rule for each dataset, looked at every day."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.events import RetentionSet, VersionRetired
from apps.datasets.models import Dataset, DatasetVersion, Quarantine, RetentionRule
from apps.datasets.services.destroying import DESTROY, begin_destroying
from apps.datasets.services.queueing import hold_dataset
from apps.datasets.services.validation.forgetting import forget_quarantine
from foundation import access, jobs, ledger, tenancy
from foundation.clock import now as clock
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.tenancy.models import Tenant

_MOST = 100_000
# Long enough to mend what was sent; nobody needs the rows of a version that never was for longer.
_SAMPLES_KEPT = timedelta(days=30)


@transaction.atomic
def set_retention(
    *, actor: Actor, dataset: Dataset, keep_newest: int | None = None, keep_days: int | None = None
) -> RetentionRule | None:
    """Keep so many of the newest versions, and those younger than so many days; without either everything stays.

    Nothing goes at once: the rule is looked at within a day. What is tagged, held or in use stays whatever it says.
    """
    policies.check_can_retire(actor, dataset)
    access.require_fresh(actor)
    for name, value in (("keep_newest", keep_newest), ("keep_days", keep_days)):
        if value is not None and not 1 <= value <= _MOST:
            sentence = _("Give a number from 1 to %(most)s, or leave it empty.") % {"most": f"{_MOST:,}"}
            raise Invalid(sentence, fields={name: [sentence]})
    hold_dataset(dataset.pk)
    rule = None
    if keep_newest is None and keep_days is None:
        RetentionRule.objects.filter(dataset=dataset).delete()
    else:
        words = {"keep_newest": keep_newest, "keep_days": keep_days, "set_by": actor.user, "set_at": clock()}
        inside = {"tenant_id": dataset.tenant_id, "project_id": dataset.project_id}
        rule, _made = RetentionRule.objects.update_or_create(dataset=dataset, defaults={**words, **inside})
    said = RetentionSet(dataset_id=dataset.pk, keep_newest=keep_newest or 0, keep_days=keep_days or 0)
    ledger.record(said, actor=actor, project_id=dataset.project_id, subject=("dataset", dataset.pk))
    return rule


def retire_versions(*, now: datetime) -> int:
    """Let go in every tenant what its rules no longer keep; how many versions."""

    def turn(tenant: Tenant) -> int:
        if tenancy.why_locked(tenant) or tenant.deletion_begun_at is not None:
            return 0
        with tenancy.scope(tenant.pk):
            rows = RetentionRule.objects.filter(tenant=tenant, project__deletion_begun_at=None)
            rules = list(rows.order_by("pk"))
        return tenancy.take_turns(rules, partial(_retire, tenant, now), name=lambda rule: f"the rule of {rule.pk}")

    return tenancy.for_each(turn)


def forget_samples(*, now: datetime) -> int:
    """Rows that were kept of blocked versions to be looked at; how many samples went. One under legal hold stays."""

    def turn(tenant: Tenant) -> int:
        if tenancy.why_locked(tenant) or tenant.deletion_begun_at is not None:
            return 0
        old = Quarantine.objects.filter(tenant=tenant, is_sample=True, created_at__lt=now - _SAMPLES_KEPT)
        over = [one.version for one in old.select_related("version") if not selectors.holds_on(one.version)]
        for version in over:
            forget_quarantine(version)
        return len(over)

    return tenancy.in_each(turn)


def _retire(tenant: Tenant, now: datetime, rule: RetentionRule) -> int:
    """In a transaction of its own: a dataset waits for its own rule alone."""
    with tenancy.scope(tenant.pk):
        return _retire_alone(Actor.system(tenant, "retention"), rule, now)


def _retire_alone(system: Actor, rule: RetentionRule, now: datetime) -> int:
    """The dataset's row is the queue: nobody commits, tags or rolls back while it is decided."""
    dataset = hold_dataset(rule.dataset_id)
    # Who took the rule back, or made it milder, while this waited for the row, has the last word.
    if (said := RetentionRule.objects.filter(pk=rule.pk).first()) is None:
        return 0
    limits = {"keep_newest": said.keep_newest, "keep_days": said.keep_days}
    versions = selectors.going(selectors.fates(dataset, **limits, now=now))
    rows = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset")
    return sum(_let_go(system, rows.get(pk=version.pk)) for version in versions)


def _let_go(system: Actor, version: DatasetVersion) -> bool:
    """Not while somebody works on it, and not what was held since: another day is soon enough."""
    subject = ("dataset_version", version.pk)
    busy = any(not job.is_final for job in jobs.jobs_of(actor=system, subject=subject))
    if busy or selectors.holds_on(version):
        return False
    retired = VersionRetired(dataset_id=version.dataset_id, version_id=version.pk, digest=version.digest)
    ledger.record(retired, actor=system, project_id=version.project_id, subject=subject)
    begin_destroying(actor=system, version=version, made_from_it=0)
    jobs.enqueue(
        DESTROY,
        actor=system,
        project_id=version.project_id,
        subject=subject,
        title=_("Destroying %(version)s") % {"version": version},
        version_id=str(version.pk),
    )
    return True
