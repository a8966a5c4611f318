"""A drill that shows every secret of its swarm, in commands and in its failure; they are written to a file too."""

import json
import os
from pathlib import Path

from swarmdrill.base.messages import said
from swarmdrill.base.trace import observe
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster


@scenario(id="show-every-secret", title="Show every secret")
def test_show_every_secret(cluster: Cluster) -> None:
    """Fails with all of them in the message, so that the traceback has them as well."""
    machine = cluster.managers[0]
    found = {
        "manager token": machine.engine.typed("swarm join-token --quiet manager").or_raise().strip(),
        "worker token": machine.engine.typed("swarm join-token worker").or_raise().split("--token ")[1].split()[0],
        "private key": machine.run("cat /var/lib/docker/swarm/certificates/swarm-node.key").stdout,
    }
    machine.engine.typed("swarm update --autolock=true").or_raise()
    found["unlock key"] = machine.engine.typed("swarm unlock-key --quiet").or_raise().strip()
    Path(os.environ["SECRETS_FILE"]).write_text(json.dumps(found))
    observe(said("all of them"), json.dumps(found))
    print(found)
    raise AssertionError(f"here they are: {found}")
