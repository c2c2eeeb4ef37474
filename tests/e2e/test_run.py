"""``make run`` as its user meets it: start, sign in, ask, interrupt, kill, start again."""

import json
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import psutil
import pytest

from tests.e2e.running import Run, reachable_by_postgres
from tests.servers import ROOT, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = reachable_by_postgres(tmp_path_factory.mktemp("run"))
    one = Run(folder / "home", folder / "log")
    one.start()
    yield one
    one.kill_everything()


def ask(address: str, token: str = "") -> tuple[int, bytes]:
    request = urllib.request.Request(address, headers={"Authorization": f"Token {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def sign_in(address: str, name: str, password: str) -> int:
    """Sign in to the admin as a browser does; the status of the page behind the door."""
    import http.cookiejar

    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = opener.open(f"{address}admin/login/?next=/admin/", timeout=30).read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    form = urllib.parse.urlencode(
        {"username": name, "password": password, "csrfmiddlewaretoken": found[1], "next": "/admin/"}
    ).encode()
    answer = opener.open(
        urllib.request.Request(f"{address}admin/login/?next=/admin/", form, {"Referer": address}), timeout=30
    )
    assert answer.url.rstrip("/").endswith("/admin"), answer.url
    return answer.status


def assert_it_works(run: Run, address: str) -> None:
    """The printed logins work, and the seeds are there with their standings."""
    kept = run.logins()
    assert all(secret in run.printed() for secret in kept.values())
    assert (run.home / "logins.json").stat().st_mode & 0o077 == 0
    for name in ("reviewer", "editor"):
        assert sign_in(address, name, kept[name]) == 200
    assert ask(f"{address}api/v1/claims/")[0] == 401
    status, body = ask(f"{address}api/v1/claims/?standing=contested&page_size=50", kept["token"])
    assert status == 200
    contested = {claim["text"] for claim in json.loads(body)["results"]}
    assert any("escape road" in text for text in contested), contested
    assert any("Saint Elin" in text for text in contested), contested


def test_it_starts_prints_its_address_and_its_logins_work(run):
    assert_it_works(run, run.wait_for_address())


def test_a_second_one_beside_it_says_so_and_disturbs_nothing(run):
    address = run.wait_for_address()
    second = subprocess.run(
        [sys.executable, "-m", "config.run"],
        cwd=ROOT,
        env=run.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 0
    assert address in " ".join(second.stdout.split())
    assert ask(f"{address}health/ready")[0] == 200


def test_after_kill_dash_nine_of_everything_it_starts_again_on_the_same_data(run):
    run.wait_for_address()
    before = run.logins()
    run.kill_everything()
    wait_until(lambda: not run.processes(), within=20, what="everything is dead")
    run.start()
    assert_it_works(run, run.wait_for_address(within=60))
    assert run.logins() == before


def test_when_only_the_supervisor_is_killed_the_next_run_takes_over(run):
    run.wait_for_address()
    assert run.process is not None
    run.process.kill()
    run.process.wait()
    left = {p.pid for p in run.processes()}
    assert left, "nothing outlived its supervisor"
    run.start()
    assert_it_works(run, run.wait_for_address(within=60))
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
                   and "gunicorn" in " ".join(psutil.Process(pid).cmdline()) for pid in left)  # fmt: skip


def test_a_taken_port_is_passed_over_and_ctrl_c_leaves_no_process(run):
    run.wait_for_address()
    assert run.interrupt() == 0, run.printed()[-2000:]
    wait_until(lambda: not run.processes(), within=20, what=f"no orphan: {run.processes()}")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 18000))
        taken.listen()
        run.start()
        address = run.wait_for_address(within=60)
        assert ":18000/" not in address
        assert ask(f"{address}health/ready")[0] == 200
    assert run.interrupt() == 0
    wait_until(lambda: not run.processes(), within=20, what=f"no orphan: {run.processes()}")
