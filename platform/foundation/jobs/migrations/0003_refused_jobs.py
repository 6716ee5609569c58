from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_who_cancelled")]

    operations = [
        migrations.AddField(model_name="jobticket", name="refused", field=models.PositiveIntegerField(default=0)),
    ]
