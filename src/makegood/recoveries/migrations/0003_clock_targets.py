from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recoveries", "0002_clock_taken")]

    operations = [
        migrations.RemoveConstraint(model_name="recoveryclock", name="clock_target"),
        migrations.AddConstraint(
            model_name="recoveryclock",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("target__in", ("acknowledge", "own", "remedy", "fix", "make_good", "respond", "update"))
                ),
                name="clock_target",
            ),
        ),
    ]
