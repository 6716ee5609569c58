"""Words of the runs' pages: first sentences, facts, snippets."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.experiments import services
from apps.experiments.choices import RunState, metric_label, recipe_label
from apps.features.selectors import leakage_in_words
from apps.tenants.choices import RESOURCE_CLASSES
from foundation import access
from foundation.access import Permission
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import duration, number
from runtime.figures import ranked

Item = dict[str, Any]


def list_headline(counts: dict[str, int], best: Any, metric: str) -> str:
    """What is best so far, what runs now."""
    active = counts["active"]
    now = ngettext("One run is going on.", "%(count)d runs are going on.", active) % {"count": active} if active else ""
    if best is None:
        return now or _("No run has finished yet; start one and its figures stand here.")
    said = _("Best so far is %(run)s with %(metric)s %(value)s on its test rows.") % {
        "run": best,
        "metric": metric_label(metric),
        "value": number(best.metrics["test"][metric]),
    }
    return f"{said} {now}".strip()


def run_headline(run: Any) -> str:
    """Is it well, and what next."""
    match RunState(run.state):
        case RunState.QUEUED:
            return _("It waits for a worker; you may leave this page.")
        case RunState.STARTING:
            return _("It is being started; you may leave this page.")
        case RunState.RUNNING:
            return _("It is learning; curves and log grow below, and you may leave this page.")
        case RunState.FAILED:
            return _("It failed. The cause stands first; mend it and run again.")
        case RunState.CANCELLED:
            said = run.failure or _("It was cancelled.")
            return f"{said} {_('What it logged stays; no model can be registered from it.')}"
    return _succeeded(run)


def _succeeded(run: Any) -> str:
    found = ranked(run.metrics.get("test", {}))
    if not found:
        return _("It finished; register its model next.")
    return _("It finished with %(metric)s %(value)s on its test rows; register its model next.") % {
        "metric": metric_label(found[0]),
        "value": number(run.metrics["test"][found[0]]),
    }


def estimates(request: PortalRequest, training_set: Any, recipe: str) -> list[Any]:
    """What a run would take in each size, for whoever may see costs here."""
    if not access.can(request.actor, Permission.USAGE_VIEW, request.project):
        return []
    where = {"actor": request.actor, "project_id": request.project.pk}
    return services.estimate_choices(**where, training_set=training_set, recipe=recipe)


def estimate_again(request: PortalRequest, run: Any) -> list[Any]:
    """The same for one more run like this one, in its size alone."""
    found = estimates(request, run.training_set, run.recipe)
    return [estimate for estimate in found if estimate.size.name == run.resource_class]


def facts(run: Any, tenant: str, project: str) -> list[Item]:
    """What the run was made of."""
    training_set = reverse("features:training_set_detail", args=[tenant, project, run.training_set_id])
    return [
        {"term": _("Training set"), "value": run.training_set, "url": training_set},
        {"term": _("Younger than their label"), "value": leakage_in_words(run.training_set)},
        {"term": _("Recipe"), "value": recipe_label(run.recipe)},
        {"term": _("Experiment"), "value": run.experiment},
        {"term": _("What was to be learned"), "value": run.purpose},
        {"term": _("Rows parted"), "value": split_words(run.split)},
        {"term": _("Seed"), "value": run.seed},
        {"term": _("Resources"), "value": RESOURCE_CLASSES[run.resource_class].label},
        {"term": _("Engine, attempt"), "value": f"{run.engine or '–'}, {run.attempt}"},
        {
            "term": _("Took"),
            "value": duration(run.ended_at - run.started_at) if run.ended_at and run.started_at else "",
        },
        {"term": _("Asked by"), "value": run.created_by},
    ]


def parameters(run: Any) -> list[tuple[str, str]]:
    """What was asked and, where the table wanted less, what the recipe really took, as the manifest keeps it."""
    used = run.manifest.get("details", {})
    return [(name, _used(asked, used.get(name, asked))) for name, asked in sorted(run.params.items())]


def _used(asked: Any, used: Any) -> str:
    return str(asked) if used == asked else _("%(used)s (%(asked)s was asked)") % {"used": used, "asked": asked}


def split_words(split: dict[str, Any]) -> str:
    if split.get("kind") == "time":
        words = {"column": split["column"], "test": split["test_start"]}
        return _("by time: test rows are those whose %(column)s is %(test)s or later") % words
    share = number(split.get("test_fraction", 0.2))
    if split.get("kind") == "group":
        return _("by group: whole groups of %(column)s, share of test rows %(share)s") % {
            "column": split["column"],
            "share": share,
        }
    return _("by chance: share of test rows %(share)s") % {"share": share}


def usage(training_set: Any) -> list[Item]:
    """What a new run will use."""
    features = [column for column in training_set.columns if column["role"] == "feature"]
    return [
        {"term": _("Rows"), "value": number(training_set.row_count)},
        {"term": _("Features"), "value": number(len(features))},
        {"term": _("To be predicted"), "value": training_set.label},
        {"term": _("Event time"), "value": training_set.event_time},
        {"term": _("Younger than their label"), "value": leakage_in_words(training_set)},
        {"term": _("Data digest"), "value": training_set.digest, "digest": True},
    ]


def manifest_items(manifest: dict[str, Any]) -> list[Item]:
    """What makes the same model again."""
    data, code = manifest.get("data", {}), manifest.get("code", {})
    views = ", ".join(f"{view['name']} v{view['version']}" for view in manifest.get("feature_versions", []))
    return [
        {"term": _("Data digest"), "value": data.get("digest", ""), "digest": True},
        {"term": _("Data snapshot"), "value": data.get("lake_snapshot")},
        {"term": _("Feature views"), "value": views},
        {"term": _("Code digest"), "value": code.get("sha256", ""), "digest": True},
        {"term": _("Specification digest"), "value": manifest.get("spec_sha256", ""), "digest": True},
        {"term": _("Seed"), "value": manifest.get("seed")},
        {"term": _("Threads"), "value": manifest.get("threads")},
        {"term": _("Python"), "value": manifest.get("python")},
        {"term": _("Packages"), "value": number(len(manifest.get("packages", {})))},
    ]


def list_tabs(tenant: str, project: str, *, tracked: bool) -> list[Item]:
    named = [("run_list", _("Runs"), not tracked), ("tracked_list", _("Logged by clients"), tracked)]
    return [
        {"label": label, "url": reverse(f"experiments:{name}", args=[tenant, project]), "current": current}
        for name, label, current in named
    ]


def tabs(here: str, shown: str, files: bool) -> list[Item]:
    named = [("", _("Overview")), ("evidence", _("Evidence"))]
    named += [("files", _("Files"))] if files else []
    named += [("reproduce", _("Reproduce")), ("activity", _("Activity"))]
    return [
        {"label": label, "url": f"{here}?tab={key}" if key else here, "current": key == shown} for key, label in named
    ]


def start_snippets(project: str, training_set_id: Any, recipe: str) -> list[Item]:
    base, body = settings.SANAD_PUBLIC_URL, {"project": project, "training_set": str(training_set_id), "recipe": recipe}
    return [
        {
            "name": "CLI",
            "code": f"SANAD_PROJECT={project} sanad run submit --wait \\\n"
            f"  --training-set {training_set_id} --recipe {recipe}",
        },
        {"name": "Python", "code": _python(project, f'training_set="{training_set_id}", recipe="{recipe}"')},
        {"name": "curl", "code": _curl(f"{base}/api/v1/runs/", json.dumps(body))},
    ]


def repeat_snippets(project: str, run: Any) -> list[Item]:
    url = f"{settings.SANAD_PUBLIC_URL}/api/v1/runs/{run.pk}/repeat/"
    return [
        {"name": "CLI", "code": f"SANAD_PROJECT={project} sanad run repeat {run.pk}"},
        {
            "name": "Python",
            "code": f'{_client(project)}run = client.runs.repeat("{run.pk}")\nclient.runs.wait(run["id"])',
        },
        {"name": "curl", "code": _curl(url, "{}")},
    ]


def mlflow_snippets(tenant: str, project: str, mlflow_run_id: str = "") -> list[Item]:
    uri = f"{settings.SANAD_PUBLIC_URL}/mlflow/{tenant}/{project}"
    shell = f"export MLFLOW_TRACKING_URI={uri}\nexport MLFLOW_TRACKING_TOKEN=snd_…"
    if mlflow_run_id:
        code = f'import mlflow\n\nrun = mlflow.get_run("{mlflow_run_id}")\nprint(run.data.metrics)'
    else:
        code = (
            'import mlflow\n\nmlflow.set_experiment("by hand")\n'
            'with mlflow.start_run():\n    mlflow.log_metric("auc", 0.9)'
        )
    return [{"name": "MLflow", "code": f"{shell}\n\npython - <<'END'\n{code}\nEND"}]


def register_url(tenant: str, project: str, run: Any) -> str:
    """The form that makes a model version of the run; empty while it has no model."""
    url = reverse("registry:version_create", args=[tenant, project])
    return f"{url}?run={run.pk}" if run.state == RunState.SUCCEEDED else ""


def _python(project: str, arguments: str) -> str:
    return f'{_client(project)}run = client.runs.submit({arguments})\nclient.runs.wait(run["id"])'


def _client(project: str) -> str:
    return f'import sanad\n\nclient = sanad.Client("{settings.SANAD_PUBLIC_URL}", token="snd_…", project="{project}")\n'


def _curl(url: str, body: str) -> str:
    headers = "-H 'Authorization: Bearer snd_…' -H 'Content-Type: application/json'"
    return f"curl -X POST {url} \\\n  {headers} \\\n  -d '{body}'"
