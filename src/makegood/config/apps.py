from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "makegood.config"
    label = "config"

    def ready(self) -> None:
        from makegood.config.handlers import register
        from makegood.store.restoring import connections_watch

        register()
        connections_watch()
