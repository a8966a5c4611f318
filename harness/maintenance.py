"""The verbs that look after this machine rather than a lab: clean, report, doctor."""

import argparse

from harness.config import Settings


def clean(a: argparse.Namespace, s: Settings) -> None: ...
def report(a: argparse.Namespace, s: Settings) -> None: ...
def doctor(a: argparse.Namespace, s: Settings) -> None: ...
