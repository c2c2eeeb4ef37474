"""The WSGI application that gunicorn serves."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from tracker.checking import warm  # noqa: E402 - once Django is set up

# Beside the first requests, which need nothing of it: the first check of a text would wait for the models.
threading.Thread(target=warm, name="warm", daemon=True).start()
