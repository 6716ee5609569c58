from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.features import selectors
from apps.features.choices import Movement
from apps.features.models import Feature
from foundation.clock import now


class FeatureSerializer(serializers.ModelSerializer[Feature]):
    """`personal` features were computed from personal data: of their values no figure stands here, counts alone.

    `expired` where the newest value is older than its view lets values hold, null where they hold for ever. One that is
    computed when asked for has `on_demand` instead of `view`: it has no rows, so no state and no figure but the share
    of its values that are missing in the newest training set.
    """

    project = serializers.SlugField(source="project.slug", read_only=True)
    view_name = serializers.CharField(source="home.name", read_only=True)
    view_number = serializers.IntegerField(source="home.number", read_only=True)
    state = serializers.CharField(source="view.state", read_only=True, default=None)
    entity = serializers.SerializerMethodField()
    owner = serializers.SerializerMethodField()
    tags = serializers.JSONField(source="home.tags", read_only=True)
    deprecated_at = serializers.DateTimeField(source="home.deprecated_at", read_only=True)
    online_at = serializers.DateTimeField(source="view.online_at", read_only=True, default=None)
    personal = serializers.BooleanField(source="covered", read_only=True)
    training_sets = serializers.IntegerField(source="use_count", read_only=True)
    expired = serializers.SerializerMethodField()

    class Meta:
        model = Feature
        fields = [
            "id",
            "name",
            "description",
            "project",
            "view",
            "on_demand",
            "view_name",
            "view_number",
            "current",
            "state",
            "entity",
            "kind",
            "type",
            "owner",
            "tags",
            "personal",
            "null_share",
            "distinct",
            "mean",
            "deviation",
            "newest_at",
            "expired",
            "online_at",
            "deprecated_at",
            "training_sets",
        ]
        read_only_fields = fields

    def get_owner(self, feature: Feature) -> str:
        return str(selectors.owner_of(feature.home) or "")

    def get_entity(self, feature: Feature) -> str:
        return selectors.about(feature)

    def get_expired(self, feature: Feature) -> bool | None:
        return selectors.is_expired(feature, now())


class FeatureUserSerializer(serializers.Serializer[Any]):
    """A training set, run, model version or revision that rests on a feature."""

    kind = serializers.CharField()
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    project = serializers.CharField()
    state = serializers.CharField()
    at = serializers.DateTimeField()


class FeatureSkewSerializer(serializers.Serializer[Any]):
    compared = serializers.IntegerField()
    different = serializers.IntegerField()
    gap = serializers.FloatField(allow_null=True, help_text="the largest distance of two numbers")


class FeatureDetailSerializer(FeatureSerializer):
    """`profile` is what is in its column, as you may know it; `sources` the columns that it is computed from.

    `skew` is how often it was served otherwise than a join has it, null where nothing was compared: of one that is
    computed when asked for always, since the stored values that it is made of are compared, and not its results.
    """

    profile = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    users = serializers.SerializerMethodField()
    skew = serializers.SerializerMethodField()

    class Meta(FeatureSerializer.Meta):
        fields = [*FeatureSerializer.Meta.fields, "sources", "users", "skew", "profile"]
        read_only_fields = fields

    def get_profile(self, feature: Feature) -> dict[str, Any]:
        return selectors.column_of(self.context["view"].actor, feature)

    def get_sources(self, feature: Feature) -> list[str]:
        return [name for name in selectors.source_names(self.context["view"].actor, feature.sources) if name]

    def get_skew(self, feature: Feature) -> dict[str, Any] | None:
        found = selectors.skew_of_feature(actor=self.context["view"].actor, feature=feature)
        return FeatureSkewSerializer(found).data if found else None

    def get_users(self, feature: Feature) -> list[dict[str, Any]]:
        users = selectors.users_of_feature(actor=self.context["view"].actor, feature=feature)
        return list(FeatureUserSerializer(users, many=True).data)


class FeatureChange(serializers.Serializer[Any]):
    description = serializers.CharField(max_length=4000, allow_blank=True)


class AlikeSerializer(serializers.Serializer[Any]):
    """`score` from 0.5, similar, to 1; `reasons` of same_name, name, sources and values, the strongest first."""

    feature = FeatureSerializer()
    score = serializers.FloatField(source="likeness.score")
    reasons = serializers.ListField(source="likeness.reasons", child=serializers.CharField())


class SimilarQuestion(serializers.Serializer[Any]):
    """A definition as `feature-views` takes it, as far as it is known; `taken` names its keys and times."""

    project = serializers.SlugField()
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField())
    entity = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")
    view_name = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")
    taken = serializers.ListField(child=serializers.CharField(max_length=255), required=False, default=list)


class CountedSerializer(serializers.Serializer[Any]):
    """`missing` is how many values are: null where a reader of masks would learn of single rows by it."""

    period = serializers.CharField()
    rows = serializers.IntegerField()
    missing = serializers.IntegerField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)


class MovedSerializer(CountedSerializer):
    """`psi` of the period against another: null where either has too few rows, or the values are seen masked."""

    period = serializers.CharField()
    rows = serializers.IntegerField(source="counted.rows")
    missing = serializers.IntegerField(source="counted.missing", allow_null=True)
    mean = serializers.FloatField(source="counted.mean", allow_null=True)
    against = serializers.CharField(allow_null=True)
    psi = serializers.FloatField(source="index", allow_null=True)
    level = serializers.ChoiceField(choices=Movement.choices)


class DriftSerializer(serializers.Serializer[Any]):
    """`unit` is how long a period is, empty where there is no event time that you see."""

    unit = serializers.CharField()
    masked = serializers.BooleanField()
    periods = MovedSerializer(many=True)


class BinSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="label")
    then = serializers.IntegerField()
    now = serializers.IntegerField()
    adds = serializers.FloatField(help_text="what the bin adds to the index")


class SliceSerializer(MovedSerializer):
    """`then` is the period that it is held against, `bins` are that one's, with how many rows of each lie in them."""

    period = serializers.CharField(source="moved.period")
    rows = serializers.IntegerField(source="moved.counted.rows")
    missing = serializers.IntegerField(source="moved.counted.missing", allow_null=True)
    mean = serializers.FloatField(source="moved.counted.mean", allow_null=True)
    against = serializers.CharField(source="moved.against", allow_null=True)
    psi = serializers.FloatField(source="moved.index", allow_null=True)
    level = serializers.ChoiceField(source="moved.level", choices=Movement.choices)
    then = CountedSerializer(allow_null=True)
    bins = BinSerializer(many=True)
