from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

STATES = ("pending", "claimed", "done", "failed", "unknown", "stopped", "shadowed")


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]

    operations = [
        migrations.AddField("effect", "shadow", models.BooleanField(db_default=False, default=False)),
        migrations.RemoveConstraint("effect", "effect_state"),
        AddConstraintNotValid(
            "effect", models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="effect_state")
        ),
        AddConstraintNotValid(
            "effect",
            models.CheckConstraint(
                condition=models.Q(shadow=True, state__in=["pending", "stopped", "shadowed"])
                | models.Q(shadow=False) & ~models.Q(state="shadowed"),
                name="effect_shadow_stays",
            ),
        ),
    ]
