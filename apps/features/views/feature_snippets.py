"""How a program finds one feature, learns from it and asks for its newest value."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.conf import settings

from apps.features import selectors
from apps.features.views.things import client_lines
from foundation.web.requests import PortalRequest


def of_feature(request: PortalRequest, feature: Any) -> list[dict[str, str]]:
    """As components/snippet.html takes them."""
    return [
        {"name": "Python", "code": client_lines(request) + _python(feature)},
        {"name": "curl", "code": _curl(feature, request.project.slug)},
        {"name": "CLI", "code": _cli(request, feature)},
    ]


def _quoted(thing: Any) -> str:
    """What it is called, as a text in a program."""
    return json.dumps(str(thing), ensure_ascii=False)


def _python(feature: Any) -> str:
    view, name = feature.view, _quoted(feature.name)
    said, called = _quoted(feature), _quoted(view)
    keys = ", ".join(f'"{key}": "…"' for key in view.entity.join_keys)
    return (
        f"\n# What is known of it, and which features are like it\nfeature = client.features.show({said})\n"
        f"client.features.similar({said})\n\n"
        f"# Its newest value\n"
        f'client.features.online([{called}], [{{{keys}}}])[0]["features"][{name}]\n\n'
        f"# Learn from it, as it was known at each label's time\n"
        f'table = client.datasets.find("…")["latest_version"]["id"]\n'
        f'client.training_sets.create(\n    "my_set", base_version=table, label="…", event_time="…",\n'
        f'    views=[{{"view": {called}, "features": [{name}]}}],\n)'
    )


def _curl(feature: Any, project: str) -> str:
    keys = dict.fromkeys(feature.view.entity.join_keys, "…")
    body = json.dumps({"project": project, "views": [str(feature.view)], "entities": [keys]}, ensure_ascii=False)
    base, token = f"{settings.SANAD_PUBLIC_URL}/api/v1", "-H 'Authorization: Bearer snd_…'"
    return (
        f"curl {base}/features/{feature.pk}/ {token}\n\n"
        f"curl {base}/feature-views/online/ {token} \\\n  -H 'Content-Type: application/json' -d {shlex.quote(body)}"
    )


def _cli(request: PortalRequest, feature: Any) -> str:
    lines = f"export SANAD_URL={settings.SANAD_PUBLIC_URL} SANAD_TOKEN=snd_… SANAD_PROJECT={request.project.slug}\n"
    show = f"sanad features show {shlex.quote(str(feature))}"
    return f"{lines}{show}\nsanad features search {shlex.quote(feature.name)} --missing 5"


def of_derived(request: PortalRequest, feature: Any) -> list[dict[str, str]]:
    """The same of one that is computed when it is asked for."""
    view, name, said = feature.on_demand, _quoted(feature.name), _quoted(feature)
    used = selectors.views_used(actor=request.actor, view=view)
    keys = {key: "…" for one in used for key in one.entity.join_keys}
    row = json.dumps({"entity": keys, "request": dict.fromkeys(view.request, None)}, ensure_ascii=False)
    body = shlex.quote('{"rows": [' + row + "]}")
    python = client_lines(request) + (
        f"\n# What is known of it, and which features are like it\nfeature = client.features.show({said})\n"
        f"client.features.similar({said})\n\n"
        f"# For an entity and a request: join keys, and values\n"
        f'client.on_demand.online({_quoted(view)}, [{row.replace("null", "None")}])[0]["features"][{name}]\n\n'
        f"# As it would have been at the time of each of your rows\n"
        f'client.features.historical("labels.parquet", ["{view.name}:{feature.name}"], event_time="…").to_df()'
    )
    base, token = f"{settings.SANAD_PUBLIC_URL}/api/v1", "-H 'Authorization: Bearer snd_…'"
    curl = (
        f"curl {base}/features/{feature.pk}/ {token}\n\n"
        f"curl {base}/on-demand-views/{view.pk}/online/ {token} \\\n"
        f"  -H 'Content-Type: application/json' -d {body}"
    )
    return [
        {"name": "Python", "code": python},
        {"name": "curl", "code": curl},
        {"name": "CLI", "code": _cli(request, feature)},
    ]
