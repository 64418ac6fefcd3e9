from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0007_user_signed_out_at")]

    operations = [
        migrations.AddField("user", "factor_secret", models.BinaryField(db_default=b"", default=b"")),
        migrations.AddField("user", "factor_at", models.DateTimeField(null=True)),
        migrations.AddField("user", "factor_step", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("user", "recovery_codes", models.JSONField(db_default=[], default=list)),
    ]
