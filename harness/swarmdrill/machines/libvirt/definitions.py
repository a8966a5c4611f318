"""What libvirt is asked to define, as XML: the network of a lab, and the pool that boxes are in."""

import hashlib
import xml.etree.ElementTree as ET
from pathlib import Path

# Of the element that says, in a network's metadata, where its lab lives.
NAMESPACE = "urn:swarmdrill:lab"
ET.register_namespace("swarmdrill", NAMESPACE)
# The last bytes of the addresses that machines of a lab can have.
MACHINES = range(11, 29)


def network(name: str, lab: str, directory: Path, subnet: str) -> str:
    """A network without a way out, in which each machine gets its fixed address by its hardware address.

    Args:
        subnet: a /24, such as 10.213.7.0/24.
        directory: where the lab lives, which the network's metadata say.
    """
    prefix = subnet.rsplit(".", 1)[0]
    made = ET.Element("network")
    ET.SubElement(made, "name").text = name
    ET.SubElement(ET.SubElement(made, "metadata"), f"{{{NAMESPACE}}}lab", directory=str(directory))
    ET.SubElement(made, "bridge", stp="off", delay="0")
    ET.SubElement(made, "dns", enable="no")
    addresses = ET.SubElement(ET.SubElement(made, "ip", address=f"{prefix}.1", prefix="24"), "dhcp")
    ET.SubElement(addresses, "range", start=f"{prefix}.200", end=f"{prefix}.220")
    for number in MACHINES:
        ET.SubElement(addresses, "host", mac=f"{hardware_prefix(lab)}:{number:02x}", ip=f"{prefix}.{number}")
    return ET.tostring(made, encoding="unicode")


def pool(name: str, directory: Path) -> str:
    """A pool whose volumes are the files of a directory."""
    made = ET.Element("pool", type="dir")
    ET.SubElement(made, "name").text = name
    ET.SubElement(ET.SubElement(made, "target"), "path").text = str(directory)
    return ET.tostring(made, encoding="unicode")


def hardware_prefix(lab: str) -> str:
    """The first five bytes of the lab's hardware addresses; the sixth is the last of the IPv4 address."""
    unique = hashlib.sha256(lab.encode()).hexdigest()
    return f"52:54:{unique[:2]}:{unique[2:4]}:{unique[4:6]}"
