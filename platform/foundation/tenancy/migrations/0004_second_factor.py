from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0003_standing_of_keys")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="second_factor_due",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
