"""What has to be true of versions before somebody makes features of them, or asks them by SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.models import DatasetVersion
from foundation.errors import Conflict
from foundation.identity import Actor

_NAMED = re.compile(r'"((?:[^"]|"")+)"|([^\W\d]\w*)')
# A star that stands for columns: not a count of rows, and not a product of two numbers.
_STAR = re.compile(r"(?:\bselect\s+(?:distinct\s+)?|,\s*|\.\s*)\*|\bcolumns\s*\(|\bfrom\s+\w+\s*(?:;|$)", re.IGNORECASE)
_FROM_FIRST = re.compile(r"\s*\(?\s*from\b", re.IGNORECASE)
_MOST_NAMED = 12


def check_may_query(actor: Actor, versions: Iterable[DatasetVersion]) -> None:
    """AccessDenied where a version holds values that the actor sees masked: SQL could bring them out."""
    policies.check_may_query(actor, versions)


def check_classified(actor: Actor, version: DatasetVersion, columns: Iterable[str]) -> None:
    """Conflict where nobody has said what these columns hold; those that the version does not have are no matter."""
    wanted = set(columns)
    unsaid = [c["name"] for c in version.schema if c["name"] in wanted and not c.get("class")]
    if not unsaid:
        return
    place = [actor.tenant.slug, selectors.project_slug(version), version.pk]
    url = f"{reverse('datasets:version_detail', args=place)}?tab=profile"
    more = _(" and %(count)d more") % {"count": len(unsaid) - _MOST_NAMED} if len(unsaid) > _MOST_NAMED else ""
    sentence = _(
        "Nobody has said how sensitive these columns of %(version)s are, so no feature is made of them: %(names)s. "
        "Say it under Columns on its page: %(url)s"
    )
    names = ", ".join(unsaid[:_MOST_NAMED]) + more
    raise Conflict(sentence % {"version": version, "names": names, "url": url}, details={"columns": unsaid, "url": url})


def check_sql_classified(actor: Actor, sql: str, versions: Iterable[DatasetVersion]) -> None:
    """The same of all columns that the SQL names, or of all there are where it takes them by a star.

    What SQL says only in passing, an alias for example, is taken for a column: too much is asked for, never too little.
    """
    words = {(quoted or word).replace('""', '"').casefold() for quoted, word in _NAMED.findall(sql)}
    everything = bool(_STAR.search(sql)) or bool(_FROM_FIRST.match(sql))
    for version in versions:
        used = [name for name in version.column_names if everything or name.casefold() in words]
        check_classified(actor, version, used)
