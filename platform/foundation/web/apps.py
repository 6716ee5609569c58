from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "foundation.web"
    label = "web"

    def ready(self) -> None:
        from foundation.web import openapi  # noqa: F401 - drf-spectacular finds its extensions once they are imported
