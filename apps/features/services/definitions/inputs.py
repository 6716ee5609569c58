"""What the rows of a definition are made of, as a file says it: a version of a dataset, or a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureView
from apps.features.services.definitions.reading import Fields, Value
from apps.features.services.definitions.saying import Said
from apps.features.services.definitions.sections import Context
from apps.features.services.naming import meant
from apps.streams import selectors as streams
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor


def stream_fields(actor: Actor, source: Mapping[str, str]) -> Said:
    """A stream that a view follows, by its name: by the one that it had where it is gone, or not the actor's to see."""
    stream = streams.streams_seen(actor=actor).filter(pk=source["id"]).first()
    return {"stream": stream.name if stream else source["name"]}


def stream_said(fields: Fields, place: str, value: Value) -> dict[str, Any]:
    """`place: {stream: …}`; empty where it says no stream."""
    if not isinstance(value.data, dict) or "stream" not in value.data:
        return {}
    of = Fields(value, f"{fields.what}.{place}", fields.problems)
    found = {"stream": of.text("stream", required=True)}
    of.end()
    return found


def stream_named(context: Context, said: Mapping[str, Any], newest: FeatureView | None = None) -> UUID:
    """The id of the project's stream of this name; where none is seen, of the one that `newest` follows by this name.

    So what a file says of what is there is true as well where its stream is gone, or is another project's.
    """
    rows = streams.streams_seen(actor=context.actor, project_id=context.project.pk)
    stream = rows.filter(name=said["stream"]).order_by("created_at").first()
    if stream is not None:
        return UUID(str(stream.pk))
    followed = newest.windows["source"] if newest is not None and newest.follows_stream else None
    if followed and stream_fields(context.actor, followed)["stream"] == said["stream"]:
        return UUID(followed["id"])
    sentence = _(
        "this project has no stream “%(stream)s” that you see. A definition that is new or changed names one that is "
        "there."
    )
    raise DefinitionRefused(sentence % {"stream": said["stream"]}, fields={"inputs": [_("No such stream.")]})


def dataset_said(fields: Fields, place: str, value: Value, otherwise: str = "") -> dict[str, Any]:
    """`place: a dataset` reads its newest version; `place: {dataset: …, version: 3}` that one, or a tag, or a day."""
    if isinstance(value.data, dict):
        of = Fields(value, f"{fields.what}.{place}", fields.problems)
        if of.value("id"):
            found = {"id": of.text("id")}
        else:
            found = {"dataset": of.text("dataset", required=True), "at": of.text("version") or "latest"}
        of.end()
        return {**found, "place": place}
    return {"dataset": str(value.data or otherwise), "at": "latest", "place": place}


def version_said(context: Context, said: Mapping[str, Any], newest: FeatureView | None = None) -> UUID:
    """The id of the version that is meant: one with rows, or else one that `newest` is made of already.

    So what a file says of what is there stays true where the version was destroyed, or is not the actor's to see.
    """
    if "id" in said:
        return _version_by_id(context, said, newest)
    rows = datasets.visible_datasets(actor=context.actor, project_id=context.project.pk)
    found = [row for row in rows if said["dataset"] in (row.name, row.slug, datasets.sql_name(row))]
    if not found:
        raise DefinitionRefused(
            _("this project has no dataset “%(dataset)s”.") % {"dataset": said["dataset"]},
            fields={said["place"]: [_("No such dataset.")]},
        )
    try:
        version = datasets.find_version(actor=context.actor, dataset_id=found[0].pk, at=said["at"])
    except NotFound as refusal:
        raise DefinitionRefused(refusal.sentence, fields={said["place"]: [refusal.sentence]}) from refusal
    return _with_rows(context, version, newest, said["place"])


def _with_rows(context: Context, version: Any, newest: FeatureView | None, place: str) -> UUID:
    """Its id; refused where nobody can read its rows, unless the view is made of them already."""
    try:
        if not _is_made_of(newest, version.pk):
            datasets.table_at(version)
    except Conflict as refusal:
        there = datasets.versions_there(actor=context.actor, dataset_id=version.dataset_id)
        sentence = f"{refusal.sentence} {there}".strip()
        raise DefinitionRefused(sentence, fields={place: [sentence]}) from refusal
    return UUID(str(version.pk))


def _version_by_id(context: Context, said: Mapping[str, Any], newest: FeatureView | None) -> UUID:
    """Files name versions by their ids where whoever wrote them saw neither dataset nor number."""
    try:
        pk = UUID(said["id"])
    except ValueError as error:
        raise DefinitionRefused(
            _("“%(id)s” is no id of a version.") % said, fields={said["place"]: [said["id"]]}
        ) from error
    if _is_made_of(newest, pk):
        return pk
    try:
        version = datasets.get_version(actor=context.actor, version_id=pk)
    except NotFound as refusal:
        rows = datasets.visible_datasets(actor=context.actor, project_id=context.project.pk)
        sentence = _(
            "the dataset version with the id %(id)s is gone, or you do not see it. Name one that is there, like "
            "{dataset: delays, version: 3}, of the datasets of this project. %(there)s"
        )
        told = sentence % {"id": pk, "there": meant("", rows.values_list("name", flat=True))}
        raise DefinitionRefused(told, fields={said["place"]: [told]}) from refusal
    return _with_rows(context, version, newest, said["place"])


def _is_made_of(view: FeatureView | None, version_id: Any) -> bool:
    return view is not None and str(version_id) in view.inputs.values()
