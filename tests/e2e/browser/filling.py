"""What the browser tests and the screenshots need besides the seeds: run in the environment of a running site.

Prints, as JSON, where to find it.
"""

import json
import os
import sys

from config import embedded


def main() -> None:
    """Add the rows to the site that the environment names."""
    embedded.prepare_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from tests.e2e.browser import pictured, rows

    json.dump(pictured.add() if "--for-pictures" in sys.argv else rows.add(), sys.stdout)
    embedded.stop_all()


if __name__ == "__main__":
    main()
