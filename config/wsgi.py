"""The WSGI application that gunicorn serves."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from config.logs import keep_up  # noqa: E402 - once Django is set up
from tracker.checking import warm  # noqa: E402

# Beside the first requests, which need nothing of it: the first check of a text would wait for the models.
threading.Thread(target=warm, name="warm", daemon=True).start()
# What log lines must not say.
threading.Thread(target=keep_up, name="protection", daemon=True).start()
