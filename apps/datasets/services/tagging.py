"""Tags: words that name one version of a dataset, and can be moved to another."""

from __future__ import annotations

import re

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.events import VersionTagged, VersionUntagged
from apps.datasets.models import DatasetVersion, VersionTag
from apps.datasets.services.queueing import hold_dataset
from foundation import ledger
from foundation.clock import now
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,59}")
_NUMBER = re.compile(r"v?\d+")


@transaction.atomic
def tag_version(*, actor: Actor, version: DatasetVersion, tag: str) -> VersionTag:
    """Give the version the tag; another version of the dataset that had it loses it."""
    name = _checked(tag)
    # Two who move one tag come one after the other, and none is let go of meanwhile.
    hold_dataset(version.dataset_id)
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version.pk)
    policies.check_can_tag(actor, version)
    row = VersionTag.objects.filter(dataset_id=version.dataset_id, name=name).first()
    row = row or VersionTag(
        tenant_id=version.tenant_id, project_id=version.project_id, dataset_id=version.dataset_id, name=name
    )
    if row.version_id == version.pk:
        return row
    before, row.version, row.set_by, row.set_at = row.version_id, version, actor.user, now()
    row.save()
    said = VersionTagged(dataset_id=version.dataset_id, version_id=version.pk, tag_id=row.pk, before_id=before)
    _record(said, actor, version)
    return row


@transaction.atomic
def untag_version(*, actor: Actor, version: DatasetVersion, tag: str) -> None:
    """Take the tag away."""
    policies.check_can_tag(actor, version)
    row = VersionTag.objects.select_for_update().filter(version_id=version.pk, name=tag.strip()).first()
    if row is None:
        raise NotFound(_("%(version)s has no tag “%(tag)s”.") % {"version": version, "tag": tag})
    row.version, row.set_by, row.set_at = None, actor.user, now()
    row.save()
    said = VersionUntagged(dataset_id=version.dataset_id, version_id=version.pk, tag_id=row.pk)
    _record(said, actor, version)


def _checked(tag: str) -> str:
    """A word that cannot be taken for a number or a time of a version."""
    name = tag.strip()
    wrong = not _NAME.fullmatch(name) or bool(_NUMBER.fullmatch(name)) or name == selectors.NEWEST
    if wrong or selectors.is_a_moment(name):
        sentence = _(
            "“%(tag)s” is no tag: begin with a small letter a–z, go on with letters, digits, dots, dashes and "
            "underscores; v3, latest and days name versions already."
        )
        raise Invalid(sentence % {"tag": tag}, fields={"tag": [_("Like “production” or “gold”.")]})
    return name


def _record(said: ledger.Event, actor: Actor, version: DatasetVersion) -> None:
    ledger.record(said, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
