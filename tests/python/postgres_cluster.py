"""A PostgreSQL server of its own, in a temporary folder and on a Unix socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

SECONDS_MAX = 120
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
fsync = on
synchronous_commit = on
max_connections = 60
"""


def postgres_programs() -> Path | None:
    """The folder with the newest server's programs, if there is one."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest_first = sorted(versions, key=lambda it: float(it.parts[-3]), reverse=True)
    of_path = shutil.which("initdb")
    found = [*newest_first, *([Path(of_path)] if of_path is not None else [])]
    return found[0].parent if found else None


def postgres_user() -> str | None:
    """Who runs the server: it refuses to run as root. `None` is whoever runs this."""
    return "postgres" if os.geteuid() == 0 else None


def missing() -> str | None:
    """Why there cannot be a server here."""
    if postgres_programs() is None:
        return "PostgreSQL's server is not installed (apt-get install postgresql)"
    user = postgres_user()
    if user is not None and user not in [entry.pw_name for entry in pwd.getpwall()]:
        return f"PostgreSQL does not run as root, and there is no user `{user}`"
    return None


@contextmanager
def postgres_cluster() -> Generator[str]:
    """A new server for the time of a block; gives the address of its database for SQLAlchemy."""
    programs, user = postgres_programs(), postgres_user()
    assert programs is not None

    def run(program: str, *arguments: str) -> None:
        # The server that pg_ctl starts keeps its standard error: a pipe would never end.
        subprocess.run(
            [programs / program, "--pgdata", f"{folder}/data", *arguments],
            cwd=folder,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if program == "initdb" else subprocess.DEVNULL,
            timeout=SECONDS_MAX,
            check=True,
        )

    # Paths of Unix sockets must be short.
    folder = tempfile.mkdtemp(prefix="anabranch-", dir="/tmp")
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        run("initdb", "--auth=trust", "--username=cart")
        with open(f"{folder}/data/postgresql.conf", "a", encoding="utf-8") as settings:
            settings.write(SETTINGS.format(folder=folder))
        run("pg_ctl", "start", "--wait", "--silent", "--log", f"{folder}/log.txt")
        try:
            yield f"postgresql+psycopg://cart@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--mode=immediate", "--wait", "--silent")
    finally:
        shutil.rmtree(folder)
