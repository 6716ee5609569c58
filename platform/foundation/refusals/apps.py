from django.apps import AppConfig


class RefusalsConfig(AppConfig):
    name = "foundation.refusals"
    label = "refusals"

    def ready(self) -> None:
        from foundation.refusals import events  # noqa: F401 - the activity page tells every kind that is declared
