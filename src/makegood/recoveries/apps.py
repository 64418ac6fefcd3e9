from django.apps import AppConfig


class RecoveriesConfig(AppConfig):
    name = "makegood.recoveries"
    label = "recoveries"
    default_auto_field = "django.db.models.BigAutoField"
