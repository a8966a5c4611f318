"""What a fresh machine gets of this host, listed; whatever else the host has stays there."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from fresh import clients
from fresh.clients import Configuration, Host

APT_DUMP = """\
APT::Update::Post-Invoke-Success:: "/usr/bin/a-program-of-the-host";
DPkg::Pre-Install-Pkgs:: "/usr/bin/apt-listchanges --apt";
Dir::Cache "var/cache/apt";
Acquire "";
Acquire::Retries "3";
Acquire::Languages:: "en";
Acquire::IndexTargets::deb::DEP-11 "";
Acquire::http::Proxy "http://cache.example:3142";
Acquire::http::Proxy-Auto-Detect "/usr/bin/a-program-of-the-host";
Acquire::https::CaInfo "/etc/company/root.pem";
Acquire::https::archive.example::SslKey "/etc/company/key.pem";
"""
PIP_LIST = """\
:env:.cert='/etc/company/root.pem'
:env:.find-links='/opt/wheels'
global.cert='/etc/company/old.pem'
global.constraint='/etc/xdg/pip/constraints.txt'
global.extra-index-url='file:///opt/index https://more.example/simple'
global.index-url='https://index.example/simple'
install.trusted-host='index.example'
list.format='columns'
"""
NPMRC = """\
; a comment = with a sign
registry=https://npm.example/
//npm.example/:_authToken=${NPM_TOKEN}
@company:registry = "https://npm.company.example/"
cafile=/etc/company/root.pem
nodedir=/usr
init-author-name=Somebody
"""
ENVIRONMENT = {
    "http_proxy": "http://proxy.example:3128",
    "NO_PROXY": "localhost",
    "SSL_CERT_FILE": "/etc/company/root.pem",
    "NODE_EXTRA_CA_CERTS": "/etc/company/gone.pem",
    "NPM_CONFIG_STRICT_SSL": "true",
    "NPM_CONFIG_PREFIX": "/home/me/node",
    "NPM_TOKEN": "sesame",
    "HOME": "/home/me",
    "PATH": "/home/me/bin:/usr/bin",
    "DOCKER_HOST": "ssh://me@elsewhere",
    "SSH_AUTH_SOCK": "/run/agent",
    "SWARMDRILL_ENGINE": "20.10.5",
    "PIP_FIND_LINKS": "/opt/wheels",
    "LANG": "de_DE.UTF-8",
    "TZ": "Asia/Tokyo",
}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A computer whose clients have every kind of option, and that has more than clients."""
    for name in (
        "apt/apt.conf.d/20listchanges",
        "apt/auth.conf.d/company.conf",
        "apt/keyrings/company.asc",
        "apt/listchanges.conf",
        "apt/preferences.d/pin",
        "apt/sources.list",
        "apt/sources.list.d/company.list",
        "apt/sources.list.d/debian.sources",
        "apt/sources.list.d/old.sources.disabled",
        "apt/trusted.gpg.d/debian.asc",
        "company/key.pem",
        "company/old.pem",
        "company/root.pem",
        "docker/daemon.json",
        "hosts",
        "npmrc",
    ):
        path = tmp_path / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}\n")
    (tmp_path / "etc/apt/sources.list.d/debian.sources").write_text("Signed-By: /usr/share/keyrings/debian.gpg\n")
    (tmp_path / "etc/apt/sources.list.d/company.list").write_text("deb [signed-by=/opt/key.gpg] https://x.example y\n")
    (tmp_path / "etc/npmrc").write_text(NPMRC)
    for name in ("usr/share/keyrings/debian.gpg", "usr/share/keyrings/other.gpg", "opt/key.gpg", "home/me/.npmrc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("registry=https://mine.example/\n")
    answers = {
        ("apt-config", "dump"): APT_DUMP,
        (sys.executable, "-m", "pip", "config", "list"): PIP_LIST,
        ("npm", "config", "get", "globalconfig"): "/etc/npmrc\n",
        ("npm", "config", "get", "userconfig"): "/home/me/.npmrc\n",
    }

    def ask(command: Sequence[str]) -> str:
        return answers[tuple(command)]

    return Host(ENVIRONMENT, tmp_path, ask)


@pytest.fixture
def given(host: Host) -> Configuration:
    return clients.of(host)


def test_these_files_and_variables_and_no_others(given: Configuration) -> None:
    """The whole of what a fresh machine has of this host: whoever adds something says it here."""
    assert sorted(given.files) == [
        "/etc/apt/apt.conf.d/90this-host",
        "/etc/apt/auth.conf.d/company.conf",
        "/etc/apt/keyrings/company.asc",
        "/etc/apt/preferences.d/pin",
        "/etc/apt/sources.list",
        "/etc/apt/sources.list.d/company.list",
        "/etc/apt/sources.list.d/debian.sources",
        "/etc/apt/trusted.gpg.d/debian.asc",
        "/etc/pip.conf",
        "/etc/swarmdrill-fresh/certificates/etc/company/key.pem",
        "/etc/swarmdrill-fresh/certificates/etc/company/root.pem",
        "/etc/swarmdrill-fresh/npmrc",
        "/opt/key.gpg",
        "/usr/share/keyrings/debian.gpg",
    ]
    assert given.environment == {
        "http_proxy": "http://proxy.example:3128",
        "NO_PROXY": "localhost",
        "SSL_CERT_FILE": "/etc/swarmdrill-fresh/certificates/etc/company/root.pem",
        # What it names is not there; the client will say so, as it does here.
        "NODE_EXTRA_CA_CERTS": "/etc/company/gone.pem",
        "NPM_CONFIG_USERCONFIG": "/etc/swarmdrill-fresh/npmrc",
    }


def test_apt_reaches_its_sources_and_runs_no_program_of_the_host(given: Configuration) -> None:
    assert given.files["/etc/apt/apt.conf.d/90this-host"].decode().splitlines() == [
        'Acquire::Retries "3";',
        'Acquire::http::Proxy "http://cache.example:3142";',
        'Acquire::https::CaInfo "/etc/swarmdrill-fresh/certificates/etc/company/root.pem";',
        'Acquire::https::archive.example::SslKey "/etc/swarmdrill-fresh/certificates/etc/company/key.pem";',
    ]


def test_pip_reaches_its_indexes_and_no_directory_of_the_host(given: Configuration) -> None:
    """What the environment says wins over the files."""
    assert given.files["/etc/pip.conf"].decode().splitlines() == [
        "[global]",
        "cert = /etc/swarmdrill-fresh/certificates/etc/company/root.pem",
        "extra-index-url = https://more.example/simple",
        "index-url = https://index.example/simple",
        "trusted-host = index.example",
    ]


def test_npm_reaches_its_registries(given: Configuration) -> None:
    assert given.files["/etc/swarmdrill-fresh/npmrc"].decode().splitlines() == [
        "//npm.example/:_authToken=sesame",
        "@company:registry=https://npm.company.example/",
        "cafile=/etc/swarmdrill-fresh/certificates/etc/company/root.pem",
        "registry=https://mine.example/",
        "strict-ssl=true",
    ]


def test_a_host_with_nothing_configured_gives_nothing(tmp_path: Path) -> None:
    given = clients.of(Host({"HOME": "/home/me"}, tmp_path, lambda _: ""))
    assert (given.files, given.environment) == ({}, {})
