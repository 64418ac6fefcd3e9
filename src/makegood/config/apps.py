from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "makegood.config"
    label = "config"

    def ready(self) -> None:
        from makegood.store.restoring import connections_watch
        from makegood.store.wiring import wire_with

        wire_with(_register)
        connections_watch()


def _register() -> None:
    from makegood.config.handlers import register

    register()
