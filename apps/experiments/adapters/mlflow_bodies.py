"""JSON bodies of MLflow's clients: each field once, in one of the two spellings that MLflow reads, and no other field.

MLflow skips what it does not know, and reads `runId` as `run_id` but not `Run_Id`. So a body is written anew here, in
MLflow's own names: whoever checks it and whoever acts on it cannot read it in two ways.
"""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from apps.experiments.errors import RunRefused

# All fields of the bodies of all allowed routes, those inside lists too.
_FIELDS = """
    alias archive_existing_versions artifact_location ascending dataset dataset_digest dataset_name datasets
    deployment_job_id description digest end_time experiment_id experiment_ids field_name filter key max_results metrics
    model_id model_json model_type models name new_name order_by page_token params profile run_id run_link run_name
    run_uuid run_view_type schema source source_run_id source_type stage stages start_time status step tag_key tags
    timestamp user_id value version view_type
"""
FIELDS = frozenset(_FIELDS.split())
# A dataset's tag inside the inputs of a run lies deepest: body, list, input, list, tag, word.
_MOST_LEVELS = 6


def camel(name: str) -> str:
    """The other spelling of a field: run_id, runId."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


_NAMES = {spelling: name for name in FIELDS for spelling in (name, camel(name))}


def read_body(text: bytes) -> dict[str, Any]:
    """The body with its fields in MLflow's own names; RunRefused where it is none or can be read in two ways."""
    try:
        document = json.loads(text or b"{}", object_pairs_hook=_object)
        # Old clients encode twice, and MLflow decodes twice.
        document = json.loads(document, object_pairs_hook=_object) if isinstance(document, str) else document
    except (ValueError, RecursionError) as error:
        raise RunRefused(_("The body is not JSON.")) from error
    if not isinstance(document, dict):
        raise RunRefused(_("The body is not a JSON object."))
    if not _within(document, _MOST_LEVELS):
        raise RunRefused(_("The body is nested deeper than any that MLflow reads."))
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for spelling, value in pairs:
        name = _NAMES.get(spelling)
        if name is None:
            raise RunRefused(
                _("MLflow reads no field “%(name)s” here; fields are spelled like run_id or runId.")
                % {"name": spelling[:64]}
            )
        if name in found:
            raise RunRefused(_("The body gives the field “%(name)s” twice; give it once.") % {"name": name})
        found[name] = value
    return found


def _within(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return levels > 0
    inside = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_within(item, levels - 1) for item in inside)
