from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("process", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("beat_at", models.DateTimeField()),
                ("stale_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL("GRANT SELECT, INSERT, UPDATE, DELETE ON store_heartbeat TO makegood_app"),
    ]
