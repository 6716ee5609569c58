from django.apps import AppConfig


class EnginesConfig(AppConfig):
    name = "foundation.engines"
    label = "engines"
