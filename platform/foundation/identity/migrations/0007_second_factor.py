from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0006_identity_providers")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="second_factor_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
