"""The files that the document has its reader write: the index page and the compose file."""

from pathlib import Path

INDEX = "backup data\n"
# Literally what step 2 asks for.
COMPOSE = """\
version: "3.8"

services:
  backup:
    image: nginx
    deploy:
      mode: replicated
      replicas: 1
    configs:
      - source: index
        target: /usr/share/nginx/html/index.html

configs:
  index:
    file: ./index.html
"""


def write_index(directory: Path) -> Path:
    """Step 1: `echo backup data > index.html`."""
    path = directory / "index.html"
    path.write_text(INDEX, encoding="utf-8")
    return path


def write_compose_file(directory: Path) -> Path:
    """Step 2: the compose file `backup.yaml`."""
    path = directory / "backup.yaml"
    path.write_text(COMPOSE, encoding="utf-8")
    return path
