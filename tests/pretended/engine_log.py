"""Lines of an engine's log as Raft writes them: two managers, one minute."""

A, B = "5d8f3c1a2b4e6f70", "1c2d3e4f5a6b7c8d"


def line(message: str, *, second: float = 0, level: str = "info", fields: str = "") -> str:
    """A line as logrus writes it: RFC 3339 with nine digits."""
    return (
        f'time="2026-11-24T08:20:{second:012.9f}Z" level={level} msg="{message}" module=raft node.id=n0d3 {fields}'
    ).rstrip()


NOON = 1795508400.0  # 2026-11-24T08:20:00Z
