"""The throw-away cluster: databases are fresh and apart, copies are whole, and nothing outlives the run."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import Cluster, find_binaries


def _count(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM fruit").fetchone()
    assert row is not None
    return int(row[0])


def _plant(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE fruit AS SELECT generate_series(1, 1000) AS n")


def test_a_database_is_empty_and_apart_from_others(postgres_cluster: Cluster, postgres_database: str) -> None:
    _plant(postgres_database)
    other = postgres_cluster.create()
    with (
        psycopg.connect(postgres_cluster.dsn(other)) as connection,
        pytest.raises(psycopg.errors.UndefinedTable),
    ):
        connection.execute("SELECT * FROM fruit")
    postgres_cluster.drop(other)


def test_a_template_is_prepared_once_and_copied_whole(postgres_cluster: Cluster) -> None:
    prepared = []

    def prepare(dsn: str) -> None:
        prepared.append(dsn)
        _plant(dsn)

    for _ in range(3):
        name = postgres_cluster.create(postgres_cluster.template("fruit", prepare))
        assert _count(postgres_cluster.dsn(name)) == 1000
        postgres_cluster.drop(name)
    assert len(prepared) == 1


def test_a_database_is_dropped_under_those_still_connected(postgres_cluster: Cluster) -> None:
    name = postgres_cluster.create()
    with psycopg.connect(postgres_cluster.dsn(name), autocommit=True) as connection:
        postgres_cluster.drop(name)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_cluster_can_be_stopped_and_started_again(postgres_cluster: Cluster, how: signal.Signals) -> None:
    binaries = find_binaries()
    assert binaries is not None
    cluster = Cluster(binaries)
    try:
        cluster.start()
        _plant(cluster.dsn())
        cluster.halt(how)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(cluster.dsn())
        cluster.start()
        assert _count(cluster.dsn()) == 1000
    finally:
        cluster.stop()
    assert not cluster.folder.exists()


def test_the_server_dies_with_a_killed_test_run(postgres_cluster: Cluster) -> None:
    program = (
        "from tests.support.postgres import Cluster, find_binaries\n"
        "import time; c = Cluster(find_binaries()); c.start(); print(c.folder, c.dsn(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        folder, dsn = run.stdout.readline().split()
        psycopg.connect(dsn).close()
        run.kill()
    assert _unreachable(dsn, within=10)
    Cluster(Path("/nowhere")).stop()  # making a cluster clears away what dead ones left
    assert not Path(folder).exists()


def _unreachable(dsn: str, within: float) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            return True
        time.sleep(0.02)
    return False
