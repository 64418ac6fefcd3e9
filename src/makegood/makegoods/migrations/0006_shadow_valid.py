from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("makegoods", "0005_shadow")]

    operations = [
        ValidateConstraint("makegood", "makegood_state"),
        ValidateConstraint("makegood", "makegood_shadow_stays"),
        AddIndexConcurrently(
            "makegood",
            models.Index(
                condition=models.Q(("shadow", True)),
                fields=["organization_id", "offered_by", "offered_at"],
                name="makegood_shadow",
            ),
        ),
    ]
