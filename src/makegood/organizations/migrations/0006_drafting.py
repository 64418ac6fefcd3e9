from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0005_known_elsewhere")]

    operations = [
        migrations.AddField(
            "integration", "model", models.CharField(blank=True, db_default="", default="", max_length=120)
        ),
        migrations.RemoveConstraint("integration", "integration_kind"),
        migrations.AddConstraint(
            "integration",
            models.CheckConstraint(
                condition=models.Q(kind__in=["payout", "smtp", "drafting"]), name="integration_kind"
            ),
        ),
    ]
