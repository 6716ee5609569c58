from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules, import_string


class JobsConfig(AppConfig):
    name = "foundation.jobs"
    label = "jobs"

    def ready(self) -> None:
        from foundation import live
        from foundation.jobs import topics, workers

        # Without its app Celery would look for a broker of its own liking.
        import_string(settings.CELERY_APP).set_default()
        workers.connect()
        live.register_topic("job", topics.check)
        # Celery's own discovery is lazy and leaves a web process without tasks; enqueue then knows no name.
        autodiscover_modules("tasks")
