from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="signin",
            name="method",
            field=models.CharField(
                choices=[("password", "Password"), ("passkey", "Passkey"), ("sso", "Single sign-on")],
                default="password",
                max_length=16,
            ),
        ),
    ]
