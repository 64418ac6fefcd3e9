from django.apps import AppConfig


class CausesConfig(AppConfig):
    name = "makegood.causes"
    label = "causes"
    default_auto_field = "django.db.models.BigAutoField"
