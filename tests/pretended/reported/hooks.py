"""The conftest.py of the session that test_allure_subscriber.py runs."""

import contextvars
from concurrent.futures import ThreadPoolExecutor

import pytest

from swarmdrill.base import trace
from swarmdrill.base.messages import UNSAID
from swarmdrill.report.allure.subscriber import AllureReport


def pytest_configure(config):
    trace.TRACE.subscribe(AllureReport(config))


def pytest_sessionstart(session):
    with trace.phase("before every test"):
        run("host", "vagrant status")


def pytest_sessionfinish(session):
    with trace.phase("after every test"):
        run("host", "vagrant destroy")


def run(machine, command="true", status=0, out="", err="", duration=0.5, why=UNSAID):
    trace.command_finished(machine, command, exit_status=status, stdout=out, stderr=err, duration=duration, why=why)


def on_each(action):
    with ThreadPoolExecutor(3) as pool:
        machines = ["manager1", "manager2", "manager3"]
        done = [pool.submit(contextvars.copy_context().run, action, machine) for machine in machines]
        for future in done:
            future.result()


@pytest.fixture(scope="session")
def lab():
    with trace.phase("boot"):
        on_each(lambda machine: run(machine, "service docker start"))
    yield
    with trace.phase("destroy"):
        run("host", "vagrant destroy -f")
