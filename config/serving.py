"""How gunicorn logs: see ``gunicorn.conf.py``."""

import logging.config
import os
from typing import Any

from gunicorn.glogging import Logger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class GunicornLogger(Logger):
    """What gunicorn itself has to say goes the same way as everything else, in the same form and masked."""

    def setup(self, cfg: Any) -> None:
        """Leave the lines to the handlers of the settings; ``--log-level`` counts."""
        from django.conf import settings  # noqa: PLC0415  the environment must be ready first

        super().setup(cfg)
        logging.config.dictConfig(settings.LOGGING)
        for log in (self.error_log, self.access_log):
            log.handlers, log.propagate = [], True
