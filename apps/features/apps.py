from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "apps.features"
    label = "features"

    def ready(self) -> None:
        from apps.features import subscribers

        subscribers.register()
