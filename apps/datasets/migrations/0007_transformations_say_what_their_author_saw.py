from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0006_data_comes_in_again_and_is_held")]

    operations = [
        migrations.AddField(
            model_name="transformationdefinition", name="sees_clear", field=models.BooleanField(default=False)
        )
    ]
