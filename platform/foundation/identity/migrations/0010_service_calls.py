from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0009_provider_sid")]

    operations = [
        migrations.CreateModel(
            name="ServiceCall",
            fields=[
                ("number", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
