from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate  # noqa: TID251 - schema, not domain: grants and policies follow each migrate


class TenancyConfig(AppConfig):
    name = "foundation.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from foundation.tenancy.row_security import secure_database
        from foundation.tenancy.setting import check_zone

        checks.register(check_zone)
        post_migrate.connect(secure_database, sender=self, dispatch_uid="tenancy.secure_database")
