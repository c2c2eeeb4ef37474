"""A real RabbitMQ for tests, on loopback only, with a name, a cookie, ports and an epmd of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import amqp

from tests.servers import wait_until

# As Debian's package has it: the program beside it in /usr/sbin changes to another user first.
PROGRAM = shutil.which("rabbitmq-server", path="/usr/lib/rabbitmq/bin:/usr/local/sbin:/opt/rabbitmq/sbin")
WITHOUT = "no rabbitmq-server on this machine: apt-get install rabbitmq-server"
LOOPBACK = "127.0.0.1"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]


class RabbitMQ:
    """One server on a folder; it can be killed and started again there, at the same address."""

    def __init__(self, folder: Path) -> None:
        self.port, nodes, self._names = _free_ports(3)
        self.url = f"amqp://guest:guest@{LOOPBACK}:{self.port}//"
        self._log = folder / "rabbitmq.log"
        (folder / "plugins").write_text("[].")
        self._environment = os.environ | {
            "HOME": str(folder),  # where the cookie is kept
            "RABBITMQ_NODENAME": f"corroborate-{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(nodes),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._names),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(PROGRAM)], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers, within=120, what=f"RabbitMQ answers; see {self._log}")

    def kill(self) -> None:
        """``kill -9`` the server with everything that it started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def connect(self) -> amqp.Connection:
        """A plain connection; it has still to connect."""
        return amqp.Connection(host=f"{LOOPBACK}:{self.port}", connect_timeout=5)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()[-2000:]
        try:
            with self.connect():
                return True
        except (OSError, amqp.AMQPError):
            return False

    def __enter__(self) -> "RabbitMQ":
        # Erlang's name server. One that RabbitMQ starts by itself would outlive everything.
        self._epmd = subprocess.Popen(["epmd", "-port", str(self._names), "-address", LOOPBACK])
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
