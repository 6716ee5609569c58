from django.apps import AppConfig


class LakeConfig(AppConfig):
    name = "foundation.lake"
    label = "lake"
