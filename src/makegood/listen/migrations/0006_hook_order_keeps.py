from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listen", "0005_hooks")]

    operations = [migrations.AddField("hookorder", "keeps", models.CharField(max_length=10, null=True))]
