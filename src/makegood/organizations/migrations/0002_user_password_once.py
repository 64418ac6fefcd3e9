from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_initial")]

    operations = [
        migrations.AddField("user", "password_once", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("user", "password_changed_at", models.DateTimeField(null=True)),
    ]
