from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0002_user_password_once")]

    operations = [
        migrations.AddField("organization", "recorded", models.BooleanField(db_default=False, default=False)),
        migrations.RunSQL(
            "UPDATE organizations_organization SET recorded = true WHERE code LIKE 'replay-%' AND delivery = 'inbox'",
            migrations.RunSQL.noop,
        ),
    ]
