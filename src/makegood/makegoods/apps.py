from django.apps import AppConfig


class MakegoodsConfig(AppConfig):
    name = "makegood.makegoods"
    label = "makegoods"
    default_auto_field = "django.db.models.BigAutoField"
