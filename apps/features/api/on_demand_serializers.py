from __future__ import annotations

from rest_framework import serializers

from apps.features.api.serializers import SIMILAR
from apps.features.models import OnDemandView


class OnDemandViewSerializer(serializers.ModelSerializer):
    owner = serializers.EmailField(source="owner.email", default=None, read_only=True)

    class Meta:
        model = OnDemandView
        exclude = ["tenant", "created_by", "removed_by", "binned"]


class OnDemandViewMade(OnDemandViewSerializer):
    """What is answered to a definition (`ProjectListViewSet.made`)."""

    similar = serializers.ListField(child=serializers.CharField(), help_text=SIMILAR)


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
