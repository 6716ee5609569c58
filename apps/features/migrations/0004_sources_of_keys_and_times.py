from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("features", "0003_destroyed")]

    operations = [
        migrations.AddField(model_name="featureview", name="named_by", field=models.JSONField(default=dict)),
    ]
