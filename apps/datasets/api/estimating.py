"""What a start will probably take, before it is asked for."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from foundation.web.estimates import QuotaPartSerializer


class UploadEstimateAsked(serializers.Serializer[Any]):
    """A file of `size` bytes, for a new dataset of the project or as the next version of one."""

    project = serializers.SlugField()
    size = serializers.IntegerField(min_value=0)
    dataset = serializers.UUIDField(required=False, allow_null=True, default=None)

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        asked = cls(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)


class KeepingSerializer(serializers.Serializer[Any]):
    """The quota of storage with the least left, whether it is the project's, and what a month costs in AED.

    `refused` is the sentence with which keeping the bytes would be refused now; mostly empty.
    """

    storage = QuotaPartSerializer(allow_null=True)
    of_project = serializers.BooleanField()
    monthly = serializers.DecimalField(max_digits=24, decimal_places=6, allow_null=True)
    refused = serializers.CharField()


class ExpectedSerializer(serializers.Serializer[Any]):
    """An estimate, resting on `rests_on` earlier ones `like` it: of itself, of its dataset, of its project.

    What nothing tells is null. `keeping` is null for whoever sees no usage.
    """

    like = serializers.ChoiceField(choices=["itself", "dataset", "project"])
    rests_on = serializers.IntegerField()
    expected_seconds = serializers.SerializerMethodField()
    byte_count = serializers.IntegerField(allow_null=True)
    row_count = serializers.IntegerField(allow_null=True)
    queue_ahead = serializers.IntegerField()
    keeping = KeepingSerializer(allow_null=True)

    def get_expected_seconds(self, expected: Any) -> float | None:
        return None if expected.time is None else expected.time.total_seconds()
