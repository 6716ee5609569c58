import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("features", "0005_marked"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="featureview", name="deprecated_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="featureview", name="deprecated_because", field=models.TextField(blank=True)),
        migrations.AddField(
            model_name="featureview",
            name="deprecated_for",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="features.featureview",
            ),
        ),
        migrations.AddField(
            model_name="featureview",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(model_name="featureview", name="tags", field=models.JSONField(default=list)),
    ]
