from __future__ import annotations

from rest_framework import serializers

from apps.features import selectors, services
from apps.features.choices import MOST_FRESHNESS_S, KeyType
from apps.features.models import Entity, FeatureView, Materialisation, SkewCheck
from foundation.clock import now

INPUTS = "By name in the SQL ids of dataset versions; or of one stream alone, and the view follows it event by event."
TIMELESS = "Names of inputs whose rows hold at all times; rows of others may not change what was known before them."
SIMILAR = "Of a first version: which of its features are there elsewhere by the same name, a sentence for each."


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


class EntityDescription(Description):
    key_types = serializers.DictField(
        child=serializers.ChoiceField(choices=KeyType.choices),
        required=False,
        help_text="By join key, told once, where neither the definition nor a view of it did.",
    )


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
    of_the_clock = ("event_age_seconds",)
    failure = serializers.CharField(source="failure_said", read_only=True)
    progress = serializers.SerializerMethodField()

    class Meta:
        model = FeatureView
        exclude = [
            "tenant",
            "created_by",
            "first_profile",
            "lake_table",
            "named_by",
            "removed",
            "removed_by",
            "binned_from",
            "follow",
            "failure_words",
        ]

    def get_event_age_seconds(self, view: FeatureView) -> int | None:
        """How old the latest event among the values online is."""
        age = selectors.event_age(view, now())
        return None if age is None else int(age.total_seconds())

    def get_progress(self, view: FeatureView) -> selectors.WindowsProgress | None:
        """Of windows, and of SQL that follows a stream: how far they have come with their events."""
        return selectors.windows_progress(self.context["view"].actor, view)

    def get_digest(self, view: FeatureView) -> str:
        """Of the rows; empty where they hold values that are masked for you."""
        return selectors.digest_for(self.context["view"].actor, view)

    def get_destroyed_because(self, view: FeatureView) -> str:
        return selectors.destroyed_in_words(view)


class FeatureViewDetail(FeatureViewSerializer):
    """One version alone, with what in its SQL may look ahead and which classes its features have: nothing of that is
    kept, so no list has it."""

    warnings = serializers.SerializerMethodField()
    classes = serializers.SerializerMethodField()

    def get_classes(self, view: FeatureView) -> dict[str, str]:
        """How sensitive each feature is: the strictest class of the columns that it is computed from."""
        return selectors.classes_of_view(view)

    def get_warnings(self, view: FeatureView) -> list[str]:
        """What in its SQL may bring later values to an earlier event time."""
        return services.warnings_of_view(view)


class FeatureViewMade(FeatureViewDetail):
    """What is answered to a definition (`ProjectListViewSet.made`)."""

    similar = serializers.ListField(child=serializers.CharField(), help_text=SIMILAR)


class FeatureViewStart(serializers.Serializer):
    project = serializers.SlugField()
    entity = serializers.CharField()
    name = serializers.CharField(max_length=63)
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField(), help_text=INPUTS)
    event_time = serializers.CharField(max_length=255)
    created_column = serializers.CharField(required=False, allow_blank=True, default="")
    timeless_inputs = serializers.ListField(
        child=serializers.CharField(max_length=63), required=False, default=list, help_text=TIMELESS
    )
    ttl_seconds = serializers.IntegerField(required=False, allow_null=True, default=None)
    description = serializers.CharField(required=False, allow_blank=True, default="")
    owner = serializers.EmailField(required=False, allow_blank=True, default="", help_text="Else whoever asks.")
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)


class PreviewStart(serializers.Serializer):
    project = serializers.SlugField()
    sql = serializers.CharField()
    inputs = serializers.DictField(child=serializers.UUIDField(), help_text=INPUTS)
    event_time = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="Its column; warnings are the more exact."
    )
    created_column = serializers.CharField(required=False, allow_blank=True, default="")
    timeless_inputs = serializers.ListField(
        child=serializers.CharField(max_length=63), required=False, default=list, help_text=TIMELESS
    )


class MaterialisationSerializer(serializers.ModelSerializer):
    percent = serializers.IntegerField(read_only=True)
    failure = serializers.CharField(source="failure_said", read_only=True)

    class Meta:
        model = Materialisation
        exclude = ["tenant", "project", "parting", "failure_words", "lake_snapshot", "since_snapshot"]


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


class SkewJudged(serializers.Serializer):
    """The answers compared last, by which an alert begins and ends; not `enough` of them, and it stays as it is."""

    compared = serializers.IntegerField()
    different = serializers.IntegerField()
    share = serializers.FloatField()
    enough = serializers.BooleanField()


class SkewSerializer(serializers.Serializer):
    compared = serializers.IntegerField()
    different = serializers.IntegerField()
    share = serializers.FloatField()
    kinds = serializers.DictField(child=serializers.IntegerField(), help_text="why answers differed")
    features = SkewOfFeature(many=True)
    judged = SkewJudged()
    checks = SkewCheckSerializer(many=True)


class ReaderQuestion(serializers.Serializer):
    views = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=20)
    service = serializers.CharField(required=False, max_length=80)
    features = serializers.ListField(child=serializers.CharField(max_length=255), required=False)
    project = serializers.SlugField(required=False)


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
