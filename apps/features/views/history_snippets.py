"""How a program asks for features of the past, and reads those that are there."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.conf import settings

from apps.features.views.things import client_lines
from foundation.web.requests import PortalRequest


def of_list() -> str:
    """What the empty list shows."""
    return (
        'rows = client.features.historical(\n    "labels.parquet", ["view:*"], event_time="event_timestamp",\n)\n'
        "rows.proof  # what was joined, missing, too old\nrows.to_df()"
    )


def of_retrieval(request: PortalRequest, row: Any) -> list[dict[str, str]]:
    """As components/snippet.html takes them."""
    python = client_lines(request) + (
        f'rows = client.features.history("{row.pk}")\nrows.proof\nrows.to_df()  # for whoever asked for them\n'
        f'rows.save("features.parquet")\nrows.delete()'
    )
    base, token = f"{settings.SANAD_PUBLIC_URL}/api/v1/historical-features", "-H 'Authorization: Bearer snd_…'"
    curl = (
        f"curl {base}/{row.pk}/ {token}\n\n"
        f"curl {base}/{row.pk}/rows/?form=parquet {token} -o features.parquet\n\n"
        f"# The same once more\ncurl {base}/ {token} \\\n"
        f"  -H 'Content-Type: application/json' -d {shlex.quote(_body(request, row))}"
    )
    return [{"name": "Python", "code": python}, {"name": "curl", "code": curl}]


def _body(request: PortalRequest, row: Any) -> str:
    rows = {"base_version": str(row.base_version_id)} if row.base_version_id else {"upload": "…"}
    asked = {"project": request.project.slug, **rows, "event_time": row.event_time, "features": ["view:feature"]}
    keys = {key: column for part in row.views for key, column in part["keys"].items() if key != column}
    more: dict[str, Any] = {"keys": keys} if keys else {}
    if row.ignores_known_since:
        more["ignore_known_since"] = True
    return json.dumps({**asked, **more}, ensure_ascii=False)
