from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.features import selectors
from apps.features.choices import MOST_FRESHNESS_S, KeyType
from apps.features.models import Entity, FeatureView, Materialisation, OnDemandView, Retrieval, SkewCheck, TrainingSet
from foundation.clock import now


class EntitySerializer(serializers.ModelSerializer):
    owner = serializers.EmailField(source="owner.email", default=None, read_only=True)

    class Meta:
        model = Entity
        fields = [
            "id",
            "name",
            "join_keys",
            "key_types",
            "description",
            "owner",
            "tags",
            "project",
            "created_at",
        ]


class EntityStart(serializers.Serializer):
    project = serializers.SlugField()
    name = serializers.CharField(max_length=63)
    join_keys = serializers.ListField(child=serializers.CharField(max_length=255))
    key_types = serializers.DictField(
        child=serializers.ChoiceField(choices=KeyType.choices),
        required=False,
        default=dict,
        help_text="By join key; without them the first view of the entity tells.",
    )
    description = serializers.CharField(required=False, allow_blank=True, default="")
    owner = serializers.EmailField(required=False, allow_blank=True, default="", help_text="Else whoever asks.")
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)


class Description(serializers.Serializer):
    """What is said about a thing; a change of it makes no new version. What is not named stays."""

    description = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    owner = serializers.EmailField(required=False, allow_blank=True, help_text="A member; empty for nobody.")
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False)


class Deprecation(serializers.Serializer):
    reason = serializers.CharField(max_length=1000)
    instead = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="What to take instead.")


class Removal(serializers.Serializer):
    confirmation = serializers.CharField(max_length=160, help_text="Its name as it is shown, like weather v2.")
    break_chain = serializers.BooleanField(required=False, default=False)


class FeatureViewSerializer(serializers.ModelSerializer):
    entity_name = serializers.CharField(source="entity.name", read_only=True)
    owner = serializers.EmailField(source="owner.email", default=None, read_only=True)
    digest = serializers.SerializerMethodField()
    destroyed_because = serializers.SerializerMethodField()
    event_age_seconds = serializers.SerializerMethodField()

    progress = serializers.SerializerMethodField()

    class Meta:
        model = FeatureView
        exclude = ["tenant", "created_by", "first_profile", "lake_table", "named_by", "removed", "removed_by", "follow"]

    def get_event_age_seconds(self, view: FeatureView) -> int | None:
        """How old the latest event among the values online is."""
        age = selectors.event_age(view, now())
        return None if age is None else int(age.total_seconds())

    def get_progress(self, view: FeatureView) -> selectors.WindowsProgress | None:
        """Of windows: how far they have come with their events."""
        return selectors.windows_progress(self.context["view"].actor, view)

    def get_digest(self, view: FeatureView) -> str:
        """Of the rows; empty where they hold values that are masked for you."""
        return selectors.digest_for(self.context["view"].actor, view)

    def get_destroyed_because(self, view: FeatureView) -> str:
        return selectors.destroyed_in_words(view)


class FeatureViewStart(serializers.Serializer):
    project = serializers.SlugField()
    entity = serializers.CharField()
    name = serializers.CharField(max_length=63)
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField())
    event_time = serializers.CharField(max_length=255)
    created_column = serializers.CharField(required=False, allow_blank=True, default="")
    ttl_seconds = serializers.IntegerField(required=False, allow_null=True, default=None)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    owner = serializers.EmailField(required=False, allow_blank=True, default="", help_text="Else whoever asks.")
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)


class PreviewStart(serializers.Serializer):
    project = serializers.SlugField()
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField())


class ViewChoice(serializers.Serializer):
    view = serializers.UUIDField()
    keys = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandViewSerializer(serializers.ModelSerializer):
    owner = serializers.EmailField(source="owner.email", default=None, read_only=True)

    class Meta:
        model = OnDemandView
        exclude = ["tenant", "created_by"]


class UsedView(serializers.Serializer):
    view = serializers.UUIDField()
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandFeature(serializers.Serializer):
    name = serializers.CharField(max_length=63)
    expression = serializers.CharField(max_length=10_000)
    type = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")


class OnDemandDefinition(serializers.Serializer):
    project = serializers.SlugField()
    request = serializers.DictField(child=serializers.CharField(max_length=63), required=False, default=dict)
    uses = UsedView(many=True, required=False, default=list)
    features = OnDemandFeature(many=True)


class OnDemandStart(OnDemandDefinition):
    name = serializers.CharField(max_length=63)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    owner = serializers.EmailField(required=False, allow_blank=True, default="", help_text="Else whoever asks.")
    tags = serializers.ListField(child=serializers.CharField(), required=False, default=list)


class TriedRows(serializers.Serializer):
    rows = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=100)


class OnDemandTry(OnDemandDefinition, TriedRows):
    pass


class OnDemandRow(serializers.Serializer):
    entity = serializers.DictField(required=False, default=dict)
    request = serializers.DictField(required=False, default=dict)


class OnDemandQuestion(serializers.Serializer):
    rows = serializers.ListField(child=OnDemandRow(), min_length=1, max_length=1000)


class OnDemandChoice(serializers.Serializer):
    id = serializers.UUIDField()
    request = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)


class OnDemandChoiceOrId(OnDemandChoice):
    """An id alone takes all features, each request value from the column of its name."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({"id": data} if isinstance(data, str) else data)


class TrainingSetSerializer(serializers.ModelSerializer):
    service_name = serializers.CharField(source="service", default=None, read_only=True)
    digest = serializers.SerializerMethodField()
    destroyed_because = serializers.SerializerMethodField()
    warning = serializers.SerializerMethodField()

    class Meta:
        model = TrainingSet
        exclude = ["tenant", "created_by", "lake_table"]

    def get_digest(self, training_set: TrainingSet) -> str:
        """Of the rows; empty where they hold values that are masked for you."""
        return selectors.digest_for(self.context["view"].actor, training_set)

    def get_destroyed_because(self, training_set: TrainingSet) -> str:
        return selectors.destroyed_in_words(training_set)

    def get_warning(self, training_set: TrainingSet) -> str:
        """That corrections are seen early, where somebody opted out of when values became known."""
        return selectors.early_in_words(training_set)


class TrainingSetMeaning(serializers.Serializer):
    project = serializers.SlugField()
    base_version = serializers.UUIDField()
    label = serializers.CharField(max_length=255)  # type: ignore[assignment]
    features = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True, default=None)
    event_time = serializers.CharField(required=False, allow_blank=True, default="")
    group = serializers.CharField(required=False, allow_blank=True, default="")
    window_start = serializers.DateTimeField(required=False, allow_null=True, default=None)
    window_end = serializers.DateTimeField(required=False, allow_null=True, default=None)
    views = ViewChoice(many=True, required=False, default=list)
    service = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="A feature service, whose views are taken."
    )
    keys = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        default=dict,
        help_text="Of a service: which column of the base version each join key stands in.",
    )
    on_demand = OnDemandChoiceOrId(many=True, required=False, default=list)
    ignore_known_since = serializers.BooleanField(required=False, default=False)


class TrainingSetStart(TrainingSetMeaning):
    name = serializers.CharField(max_length=63)
    description = serializers.CharField(required=False, allow_blank=True, default="")


class MaterialisationSerializer(serializers.ModelSerializer):
    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = Materialisation
        exclude = ["tenant", "project", "parting", "lake_snapshot", "since_snapshot"]


class Freshness(serializers.Serializer):
    # None: as old as it likes.
    seconds = serializers.IntegerField(allow_null=True, min_value=1, max_value=MOST_FRESHNESS_S)


class SkewWatch(serializers.Serializer):
    share = serializers.FloatField(min_value=0, max_value=1)
    limit = serializers.FloatField(min_value=0, max_value=1)


class SkewOfFeature(serializers.Serializer):
    name = serializers.CharField()
    different = serializers.IntegerField()
    gap = serializers.FloatField(allow_null=True, help_text="the largest distance of two numbers")


class SkewCheckSerializer(serializers.ModelSerializer):
    class Meta:
        model = SkewCheck
        fields = ["id", "checked_at", "first_at", "last_at", "compared", "different", "kinds"]


class SkewSerializer(serializers.Serializer):
    compared = serializers.IntegerField()
    different = serializers.IntegerField()
    share = serializers.FloatField()
    kinds = serializers.DictField(child=serializers.IntegerField(), help_text="why answers differed")
    features = SkewOfFeature(many=True)
    checks = SkewCheckSerializer(many=True)


class ReaderQuestion(serializers.Serializer):
    views = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=20)
    service = serializers.CharField(required=False, max_length=80)
    features = serializers.ListField(child=serializers.CharField(max_length=255), required=False)
    project = serializers.SlugField(required=False)


class RetrievalSerializer(serializers.ModelSerializer):
    step = serializers.SerializerMethodField()
    percent = serializers.SerializerMethodField()
    times = serializers.SerializerMethodField()
    warning = serializers.SerializerMethodField()

    class Meta:
        model = Retrieval
        exclude = ["tenant", "created_by", "asked_by", "lake_table", "lake_snapshot"]

    def get_step(self, retrieval: Retrieval) -> str:
        """What its job is doing, in words."""
        return selectors.progress_of(self.context["view"].actor, retrieval)[0]

    def get_percent(self, retrieval: Retrieval) -> float | None:
        return selectors.progress_of(self.context["view"].actor, retrieval)[1]

    def get_times(self, retrieval: Retrieval) -> str:
        """How times without a zone were read, in the rows as in the views."""
        return selectors.times_in_words()

    def get_warning(self, retrieval: Retrieval) -> str:
        return selectors.early_in_words(retrieval)


class RetrievalStart(serializers.Serializer):
    project = serializers.SlugField()
    features = serializers.ListField(
        child=serializers.CharField(max_length=400), required=False, default=list, max_length=1000
    )
    service = serializers.CharField(
        max_length=80,
        required=False,
        allow_blank=True,
        default="",
        help_text="A feature service, or name@2 for its second version: its features are taken beside those named.",
    )
    event_time = serializers.CharField(max_length=255)
    base_version = serializers.UUIDField(required=False, allow_null=True, default=None)
    upload = serializers.UUIDField(required=False, allow_null=True, default=None)
    keys = serializers.DictField(child=serializers.CharField(), required=False, default=dict)
    request = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        default=dict,
        help_text="Which column holds a value that on-demand features ask for, where it is called otherwise.",
    )
    full_names = serializers.BooleanField(required=False, default=False)
    ignore_known_since = serializers.BooleanField(required=False, default=False)


class RowsWanted(serializers.Serializer):
    form = serializers.ChoiceField(choices=["parquet", "arrow", "csv"], required=False, default="parquet")
    exact = serializers.BooleanField(required=False, default=False)


class OnlineQuestion(ReaderQuestion):
    entities = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=1000,
        help_text='Each its join keys; of a service with on-demand features also {"entity": keys, "request": values}.',
    )
    requests = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        max_length=1000,
        help_text="The values of the request for each entity, where they do not stand beside it.",
    )
