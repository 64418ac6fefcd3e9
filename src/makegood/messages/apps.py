from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "makegood.messages"
    label = "conversations"  # Django's own message framework has the label "messages"
    default_auto_field = "django.db.models.BigAutoField"
