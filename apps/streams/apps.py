from django.apps import AppConfig


class StreamsConfig(AppConfig):
    name = "apps.streams"
    label = "streams"

    def ready(self) -> None:
        from apps.streams import subscribers

        subscribers.register()
