from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

STATES = ("offered", "accepted", "delivered", "declined", "swapped", "expired", "withdrawn", "shadowed")


class Migration(migrations.Migration):
    dependencies = [("makegoods", "0004_floor_doubt")]

    operations = [
        migrations.AddField("makegood", "shadow", models.BooleanField(db_default=False, default=False)),
        migrations.RemoveConstraint("makegood", "makegood_state"),
        AddConstraintNotValid(
            "makegood", models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="makegood_state")
        ),
        AddConstraintNotValid(
            "makegood",
            models.CheckConstraint(
                condition=models.Q(shadow=True, allowance__isnull=True) & ~models.Q(state="delivered")
                | models.Q(shadow=False) & ~models.Q(state="shadowed"),
                name="makegood_shadow_stays",
            ),
        ),
    ]
