from django.db import migrations, models
from django.db.models import F


def keep_numbers(apps, schema_editor):
    apps.get_model("identity", "RevokedToken").objects.using(schema_editor.connection.alias).update(number=F("id"))


class Migration(migrations.Migration):
    dependencies = [("identity", "0011_external_id_by_provider")]

    operations = [
        migrations.RenameField("revokedtoken", "number", "id"),
        migrations.AddField("revokedtoken", "number", models.BigIntegerField(null=True, unique=True)),
        migrations.RunPython(keep_numbers, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            "revokedtoken",
            models.Index(fields=["id"], condition=models.Q(number=None), name="revocation_without_number"),
        ),
        migrations.RemoveField("apitoken", "revocation"),
    ]
