"""Certificates and the root CA of a swarm."""

from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import NameOID

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base.messages import said
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import Reply

NANOSECONDS = 1e9
WORKER = "swarm-worker"


@dataclass(frozen=True)
class NodeCertificate:
    """A machine's node certificate.

    `fingerprint` is SHA-256 of the root CA that it came with, in hex; `role` is what the node is by it: its
    organizational unit (swarmkit ca/certificates.go).
    """

    lifetime: timedelta
    fingerprint: str
    role: str


def certificate(machine: Machine) -> NodeCertificate:
    """Read the machine's certificate and root CA from its state directory; neither is secret."""
    directory = f"{SWARM_DIR}/certificates"
    node = machine.run(f"cat {directory}/swarm-node.crt", why=said("read the node's certificate")).stdout
    root = machine.run(
        f"sha256sum < {directory}/swarm-root-ca.crt", why=said("read the digest of the root CA")
    ).stdout.split()[0]
    parsed = x509.load_pem_x509_certificates(node.encode())[0]
    unit = parsed.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0]
    return NodeCertificate(parsed.not_valid_after_utc - parsed.not_valid_before_utc, root, str(unit.value))


def default_expiry(machine: Machine) -> timedelta:
    """For how long the swarm issues certificates, as a manager says."""
    asked = machine.engine.typed(
        "info --format '{{.Swarm.Cluster.Spec.CAConfig.NodeCertExpiry}}'", why=said("read the lifetime of certificates")
    )
    answer = asked.or_raise().strip()
    # A Go duration, as a number of nanoseconds or spelled "2160h0m0s", by the version of the client.
    if answer.isdigit():
        return timedelta(seconds=int(answer) / NANOSECONDS)
    hours, minutes, seconds = (float(part) for part in answer.rstrip("s").replace("h", " ").replace("m", " ").split())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def set_expiry(machine: Machine, lifetime: timedelta) -> Reply:
    """`docker swarm update --cert-expiry`: for how long the swarm issues certificates from now on, in whole minutes."""
    hours, minutes = divmod(round(lifetime.total_seconds() / 60), 60)
    text = f"{hours}h" if not minutes else f"{60 * hours + minutes}m"
    return machine.engine.typed(f"swarm update --cert-expiry {text}")


def rotate_root(machine: Machine) -> None:
    """`docker swarm ca --rotate`; returns when every node has a certificate of the new root. Raises EngineRefused."""
    machine.engine.typed("swarm ca --rotate --quiet", why=said("rotate the root CA"), timeout=180).or_raise()
