from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_shadow")]

    operations = [ValidateConstraint("effect", "effect_state"), ValidateConstraint("effect", "effect_shadow_stays")]
