from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from apps.datasets import selectors
from apps.datasets.api.ingestion_serializers import KeyField
from apps.datasets.choices import ColumnClass, ExportFormat, Mode
from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.datasets.services import CHUNK_BYTES


class UploadSerializer(serializers.ModelSerializer):
    chunk_size = serializers.SerializerMethodField()
    complete = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = ["id", "filename", "size", "offset", "sha256", "chunk_size", "complete", "created_at"]

    def get_chunk_size(self, upload: Upload) -> int:
        return CHUNK_BYTES

    def get_complete(self, upload: Upload) -> bool:
        return upload.completed_at is not None


class UploadStart(serializers.Serializer):
    project = serializers.SlugField()
    filename = serializers.CharField(max_length=255)
    size = serializers.IntegerField()
    sha256 = serializers.RegexField(r"^[0-9a-fA-F]{64}$", required=False, allow_blank=True, default="")


_UNSAID = {"pin", "since", "reached", "masked"}
# Not the last: what is only new is known to an ingestion.
# A hundred years.
_MOST_SECONDS = 36_525 * 86_400
_MODES = [(mode.value, mode.label) for mode in Mode if mode is not Mode.INCREMENTAL]


@extend_schema_serializer(component_name="DatasetVersion")
class VersionSerializer(serializers.ModelSerializer):
    dataset_name = serializers.CharField(source="dataset.name", read_only=True)
    schema = serializers.JSONField(read_only=True)
    failure = serializers.CharField(source="failure_said", read_only=True)
    tags = serializers.SerializerMethodField()
    held = serializers.SerializerMethodField()

    class Meta:
        model = DatasetVersion
        fields = [
            "id",
            "dataset",
            "dataset_name",
            "number",
            "state",
            "row_count",
            "byte_count",
            "digest",
            "lake_snapshot",
            "schema",
            "source",
            "failure",
            "tags",
            "held",
            "ingestion",
            "paused_at",
            "created_at",
            "committed_at",
            "destroyed_at",
        ]

    def get_tags(self, version: DatasetVersion) -> list[str]:
        return [tag.name for tag in version.tags.all()]

    def get_held(self, version: DatasetVersion) -> bool:
        """Whether it is under legal hold today."""
        known = getattr(version, "is_held", None)
        return bool(selectors.holds_on(version)) if known is None else bool(known)

    def to_representation(self, version: DatasetVersion) -> dict[str, Any]:
        """A version's source without what says which pieces are read of a connection, and from where to where.

        These are listings of files, or values of a column. Digests are empty where masked values could be tried out.
        """
        said, actor = super().to_representation(version), self.context["view"].actor
        said["source"] = {name: value for name, value in version.source.items() if name not in _UNSAID}
        if selectors.hides_digests(actor, version):
            said |= {"digest": "", "source": {name: v for name, v in said["source"].items() if name != "sha256"}}
        return said


class ExportWanted(serializers.Serializer):
    """`exact`: text of a CSV stays as it is, also where a spreadsheet takes it for a formula.

    `location`: where the folder of an Iceberg table is going to lie, such as s3://bucket/tables/orders.
    """

    form = serializers.ChoiceField(choices=ExportFormat.choices, required=False, default=ExportFormat.PARQUET)
    exact = serializers.BooleanField(required=False, default=False)
    location = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class DestroyChoice(serializers.Serializer):
    """`confirmation` is the version's name as it is shown, such as `orders v3`."""

    confirmation = serializers.CharField(max_length=160)
    break_chain = serializers.BooleanField(required=False, default=False)


class DatasetSerializer(serializers.ModelSerializer):
    """`freshness_s`: how old its newest version may be, in seconds; null where nothing is promised."""

    latest_version = serializers.SerializerMethodField()
    freshness_s = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = ["id", "name", "slug", "description", "project", "freshness_s", "created_at", "latest_version"]

    def get_freshness_s(self, dataset: Dataset) -> float | None:
        return dataset.freshness_promise.total_seconds() if dataset.freshness_promise else None

    def get_latest_version(self, dataset: Any) -> dict[str, Any] | None:
        if getattr(dataset, "latest_id", None) is None:
            return None
        return {
            "id": str(dataset.latest_id),
            "number": dataset.latest_number,
            "row_count": dataset.latest_rows,
            "digest": dataset.latest_digest if selectors.may_see_clear(self.context["view"].actor, dataset) else "",
            "committed_at": dataset.latest_at,
        }


class _Incoming(serializers.Serializer):
    """A file that was sent (`upload`), or what lies at `place` behind a `connection`.

    `mode` says what becomes of the rows that are there; `upsert` replaces those with the same `key`.
    """

    upload = serializers.UUIDField(required=False, allow_null=True, default=None)
    connection = serializers.UUIDField(required=False, allow_null=True, default=None)
    place = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    pattern = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    mode = serializers.ChoiceField(choices=_MODES, required=False, default=Mode.FULL)
    key = KeyField(default=list)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("connection") and not given.get("place"):
            raise serializers.ValidationError({"place": _("Say what is read there: a table, a folder, a file.")})
        return given


class DatasetStart(_Incoming):
    project = serializers.SlugField()
    name = serializers.CharField(max_length=120)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    review = serializers.BooleanField(required=False, default=False)
    options = serializers.DictField(required=False, default=dict)


class DatasetChange(serializers.Serializer):
    """What is not named stays; `freshness_s` null promises nothing any more. `why` is kept with the card's edition."""

    description = serializers.CharField(required=False, allow_blank=True)
    why = serializers.CharField(required=False, allow_blank=True, max_length=200)
    freshness_s = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=_MOST_SECONDS, source="freshness_promise"
    )

    def validate_freshness_s(self, seconds: int | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)


class VersionStart(_Incoming):
    """An upload, a connection and a place, SQL with the versions that it reads, or a version that is taken over whole.

    `dataset_version`: the id of that version, of this project or of another one that is open to whoever asks.
    """

    dataset_version = serializers.UUIDField(required=False, allow_null=True, default=None)
    sql = serializers.CharField(required=False, allow_blank=True, default="")
    inputs = serializers.DictField(child=serializers.UUIDField(), required=False, default=dict)
    review = serializers.BooleanField(required=False, default=False)
    options = serializers.DictField(required=False, default=dict)


class ColumnClassChoice(serializers.Serializer):
    column = serializers.CharField()
    column_class = serializers.ChoiceField(choices=ColumnClass.choices)
