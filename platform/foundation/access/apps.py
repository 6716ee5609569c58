from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "foundation.access"
    label = "access"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from foundation.access.freshness import begin_fresh

        user_logged_in.connect(begin_fresh, dispatch_uid="access.begin_fresh")
