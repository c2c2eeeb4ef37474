"""``manage.py mcp``: an MCP server for agents, on standard input and output or on HTTP."""

import logging
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.mcp.calling import LOOPBACK, Api, Refused
from tracker.mcp.server import server

TOKEN = "CORROBORATE_TOKEN"  # noqa: S105  the name of a variable


class Command(BaseCommand):
    help = (
        f"Serve the Model Context Protocol with the rights of the API token in {TOKEN}, on standard input and output. "
        "Reads only, unless --allow-writes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--allow-writes", action="store_true", help="Let documents be handed in as well.")
        parser.add_argument(
            "--http",
            type=int,
            metavar="PORT",
            help=f"Streamable HTTP on {LOOPBACK} instead: each client sends a token of its own as Authorization.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("httpx").setLevel(logging.WARNING)  # the calls never leave this process
        api = Api()
        if options["http"] is not None:
            if not 1 <= options["http"] <= 65_535:
                raise CommandError("--http takes a port, 1 to 65535.")
            made = server(api, token=None, allow_writes=options["allow_writes"])
            made.run("streamable-http", host=LOOPBACK, port=options["http"], stateless_http=True, json_response=True)
            return
        token = os.environ.get(TOKEN, "").strip()
        if not token:
            raise CommandError(f"Set {TOKEN} to the API token whose rights the agent gets: make one in the admin.")
        try:
            api.get("dossiers", token=token, page_size=1)
        except Refused as refused:
            raise CommandError(f"The token in {TOKEN} may not read: {refused}") from refused
        server(api, token=token, allow_writes=options["allow_writes"]).run("stdio")
