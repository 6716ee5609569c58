from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0002_cancelled"),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="checked",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
