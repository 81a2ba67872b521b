"""A million transfers in a MariaDB of our own, and the reports app in front of it, served as in production."""

import dataclasses
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pymysql
from sqlalchemy import make_url

from bff.change.tests import real_mariadb
from bff.identity.assertion import HEADER
from bff.testing import assertion, settings_for
from microfrontends.reports.settings import ReportsSettings

TICKS = os.sysconf("SC_CLK_TCK")
BEGIN = datetime(2025, 1, 1)  # noqa: DTZ001 - as the table has it
COLUMNS = {
    "seq": "int unsigned",
    "transferId": "varchar(36)",
    "completedTimestamp": "datetime(6)",
    "payerFsp": "varchar(256)",
    "payeeFsp": "varchar(256)",
    "fxpName": "varchar(256)",
    "sourceAmount": "decimal(18,4)",
    "sourceCurrency": "char(3)",
    "targetAmount": "decimal(18,4)",
    "targetCurrency": "char(3)",
    "transferState": "varchar(50)",
}
TABLE = f"""
CREATE TABLE transfer_report ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())},
  PRIMARY KEY (seq), KEY ix_completed (completedTimestamp)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"""
ROWS = """
INSERT INTO transfer_report SELECT seq,
  LOWER(CONCAT_WS('-', SUBSTR(MD5(seq),1,8), SUBSTR(MD5(seq),9,4), SUBSTR(MD5(seq),13,4), SUBSTR(MD5(seq),17,4),
    SUBSTR(MD5(seq),21,12))),
  TIMESTAMP('2025-01-01 00:00:00') + INTERVAL seq SECOND, CONCAT('payerfsp', seq%40), CONCAT('payeefsp', (seq*7)%40),
  IF(seq%5=0, CONCAT('fxp', seq%4), NULL), (seq*37%9999999)/100, ELT(1+seq%3,'USD','KES','XOF'),
  (seq*53%9999999)/100, ELT(1+seq%4,'USD','KES','XOF','TZS'), ELT(1+(seq%50=0),'COMMITTED','ABORTED_REJECTED')
FROM seq_0_to_999999"""
REPORT = """\
kind: MojaloopReport
metadata: {{name: {name}}}
spec:
  scope: hub
  permission: reports:bench:view
  endpoint:
    path: /{name}
    params:
      - {{name: period, type: date-time-range, begins: startDate, ends: endDate, required: true}}
  queries:
    - name: transfers
      columns:
        - {{key: transferId, label: Transaction ID}}
        - {{key: completedTimestamp, type: date-time, label: Date}}
        - {{key: payerFsp, label: Payer Institution}}
        - {{key: payeeFsp, label: Payee Institution}}
        - {{key: fxpName, label: Conversion Institution}}
        - {{key: sourceAmount, type: money, currency: sourceCurrency, label: Send Amount}}
        - {{key: sourceCurrency, label: Send Currency}}
        - {{key: targetAmount, type: money, currency: targetCurrency, label: Receive Amount}}
        - {{key: targetCurrency, label: Receive Currency}}
        - {{key: transferState, label: Status}}
      query: |
        SELECT transferId, completedTimestamp, payerFsp, payeeFsp, fxpName, sourceAmount, sourceCurrency,
          targetAmount, targetCurrency, transferState
        FROM transfer_report
        WHERE completedTimestamp >= :startDate AND completedTimestamp < :endDate
        ORDER BY {order}
"""
# Sorted by what no index has, and so often that no row comes for many seconds.
SLOW = "(SELECT COUNT(*) FROM transfer_report AS t WHERE t.sourceAmount > transfer_report.targetAmount)"


@dataclass(frozen=True)
class Answer:
    """What came back: bytes, and seconds until the first of them."""

    size: int
    first_byte: float


@dataclass(frozen=True)
class Worker:
    """The process that does the work."""

    pid: int

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self) -> float:
        """What it holds now."""
        return self._status("VmRSS")

    def peak_mb(self) -> float:
        """The most that it has held since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        """Let the peak begin anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


@dataclass(frozen=True)
class Scene:
    """The app, its worker and the database."""

    port: int
    worker: Worker
    database: pymysql.Connection

    def begin(self, path: str) -> HTTPConnection:
        """Ask as the shell would, and do not wait for the answer."""
        connection = HTTPConnection("localhost", self.port, timeout=600)
        identity = assertion("reports", ["reports:catalogue:view", "reports:bench:view"])
        connection.request("GET", path, headers={HEADER: identity})
        return connection

    def get(self, path: str) -> Answer:
        """Ask and read all."""
        begun, connection = time.perf_counter(), self.begin(path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {answer.read(500)!r}")
        size = len(answer.read(1))
        first = time.perf_counter() - begun
        while piece := answer.read(1 << 20):
            size += len(piece)
        connection.close()
        return Answer(size, first)

    def export(self, form: str, rows: int) -> Answer:
        """The benchmark's report with so many rows, as a reader downloads it."""
        return self.get(f"/catalogue/bench-transactions/rows.{form}?{self.period(rows)}")

    def period(self, rows: int) -> str:
        """The parameters at which the report has so many rows."""
        return f"startDate={BEGIN:%Y-%m-%dT%H:%M:%S}&endDate={BEGIN + timedelta(seconds=rows):%Y-%m-%dT%H:%M:%S}"

    def queries(self) -> int:
        """Statements of the app that the database is working on."""
        with self.database.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.processlist"
                " WHERE info LIKE '%transfer\\_report%' AND info NOT LIKE '%processlist%'"
            )
            return int(cursor.fetchone()[0])


@contextmanager
def running() -> Iterator[Scene]:
    """All of it, forgotten at the end."""
    with tempfile.TemporaryDirectory() as folder, real_mariadb.running() as url:
        address = make_url(url)
        database = pymysql.connect(
            host=address.host, port=address.port, user="root", database=address.database, autocommit=True
        )
        with database.cursor() as cursor:
            cursor.execute(TABLE)
            cursor.execute(ROWS)
            cursor.execute("ANALYZE TABLE transfer_report")
        with _served(Path(folder), url) as (port, worker):
            yield Scene(port, worker, database)
        database.close()


@contextmanager
def _served(folder: Path, url: str) -> Iterator[tuple[int, Worker]]:
    for name, order in (("bench-transactions", "completedTimestamp"), ("bench-slow", SLOW)):
        (folder / f"{name}.yaml").write_text(REPORT.format(name=name, order=order))
    (folder / "tables.json").write_text(json.dumps({"transfer_report": COLUMNS}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = settings_for(
        ReportsSettings, folder, base_url=f"http://localhost:{port}", hub_database_url=url, reports_dir=folder
    )
    given = {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings)}
    environment = {f"BIZOPS_{name.upper()}": str(value) for name, value in given.items() if value not in (None, "")}
    command = [sys.executable, "-c", "from bff.cli import main; main()", "serve", "reports", "--port", str(port)]
    server = subprocess.Popen(command, env=os.environ | environment)  # noqa: S603 - our own command
    try:
        _wait(port)
        yield port, Worker(server.pid)
    finally:
        server.terminate()
        server.wait(30)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            connection = HTTPConnection("localhost", port, timeout=2)
            connection.request("GET", "/health/live")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the reports app did not start")
