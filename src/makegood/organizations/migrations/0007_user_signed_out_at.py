from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0006_drafting")]

    operations = [migrations.AddField("user", "signed_out_at", models.DateTimeField(null=True))]
