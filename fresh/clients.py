"""What a fresh machine gets of this host: how apt, pip and npm reach their package sources. Nothing else.

Taken from the clients themselves, and option by option: a file taken whole would bring programs and directories that
only this host has (apt's hooks, pip's local links).
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Where the machine has what lies somewhere else on this host.
GIVEN = "/etc/swarmdrill-fresh"
NPMRC = f"{GIVEN}/npmrc"
APT_CONFIGURATION = "/etc/apt/apt.conf.d/90this-host"

# Data only, below /etc/apt (sources.list(5), apt_auth.conf(5), apt_preferences(5), apt-secure(8)).
APT_FILES = (
    "sources.list",
    "sources.list.d/*.list",
    "sources.list.d/*.sources",
    "auth.conf",
    "auth.conf.d/*.conf",
    "preferences",
    "preferences.d/*",
    "trusted.gpg",
    "trusted.gpg.d/*.asc",
    "trusted.gpg.d/*.gpg",
    "keyrings/*",
)
# Options of apt.conf(5), apt-transport-http(1) and -https(1), a trailing :: for all below.
APT_OPTIONS = (
    "Acquire::Check-Date",
    "Acquire::Check-Valid-Until",
    "Acquire::ForceIPv4",
    "Acquire::ForceIPv6",
    "Acquire::Retries",
    "Acquire::http::",
    "Acquire::https::",
)
# Of these, what names a program of this host.
APT_PROGRAMS = ("Proxy-Auto-Detect", "ProxyAutoDetect")
APT_CERTIFICATES = ("CaInfo", "SslCert", "SslKey")

PIP_OPTIONS = (
    "cert",
    "client-cert",
    "default-timeout",
    "extra-index-url",
    "index-url",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
PIP_CERTIFICATES = ("cert", "client-cert")

NPM_OPTIONS = ("ca", "cafile", "fetch-timeout", "https-proxy", "noproxy", "proxy", "registry", "strict-ssl")
NPM_CERTIFICATES = ("cafile", "certfile", "keyfile")

# Handed on as they are, in small letters and in capitals.
PROXIES = ("all_proxy", "http_proxy", "https_proxy", "no_proxy")
# Each names a file of certificates: OpenSSL's, pip's (requests), npm's (Node.js).
CERTIFICATE_VARIABLES = ("CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def _ask(command: Sequence[str]) -> str:
    """What a client says; empty where it is missing or does not know."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


@dataclass(frozen=True)
class Host:
    """The computer whose clients are asked: `environment`, its `root` directory, and how a program there is asked."""

    environment: Mapping[str, str]
    root: Path = Path("/")
    ask: Callable[[Sequence[str]], str] = _ask

    def read(self, path: str) -> bytes | None:
        """The file of that absolute path; None where there is none that may be read."""
        try:
            return (self.root / path.lstrip("/")).read_bytes()
        except OSError:
            return None


def this_host() -> Host:
    """The computer that this runs on."""
    return Host(os.environ)


@dataclass
class Configuration:
    """`files` by their path on the fresh machine, and the `environment` of every command there."""

    files: dict[str, bytes] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def certificate(self, host: Host, path: str) -> str:
        """Where the machine has that file of certificates: not in its own place, which Debian's packages rewrite."""
        content = host.read(path)
        if content is None:
            return path
        there = f"{GIVEN}/certificates{path}"
        self.files[there] = content
        return there


def of(host: Host) -> Configuration:
    """All that a fresh machine gets of `host`."""
    found = Configuration()
    _apt(host, found)
    _pip(host, found)
    _npm(host, found)
    for name in (*PROXIES, *map(str.upper, PROXIES)):
        if host.environment.get(name):
            found.environment[name] = host.environment[name]
    for name in CERTIFICATE_VARIABLES:
        if host.environment.get(name):
            found.environment[name] = found.certificate(host, host.environment[name])
    return found


def _apt(host: Host, found: Configuration) -> None:
    directory = host.root / "etc/apt"
    for pattern in APT_FILES:
        for path in sorted(directory.glob(pattern)):
            if path.is_file():
                found.files[f"/etc/apt/{path.relative_to(directory)}"] = path.read_bytes()
    sources = b"\n".join(text for path, text in found.files.items() if path.startswith("/etc/apt/sources"))
    for keyring in re.findall(rb"(?i)signed-by\s*[:=]\s*(/[^\s\],]+)", sources):
        content = host.read(keyring.decode())
        if content is not None:
            found.files[keyring.decode()] = content
    lines = []
    for name, value in re.findall(r'^(\S+) "(.*)";$', host.ask(["apt-config", "dump"]), re.MULTILINE):
        last = name.rpartition("::")[2]
        if value and last not in APT_PROGRAMS and _is_one_of(name, APT_OPTIONS):
            shown = found.certificate(host, value) if last in APT_CERTIFICATES else value
            lines.append(f'{name} "{shown}";\n')
    if lines:
        found.files[APT_CONFIGURATION] = "".join(lines).encode()


def _is_one_of(name: str, options: Sequence[str]) -> bool:
    return any(name == option or (option.endswith("::") and name.startswith(option)) for option in options)


def _pip(host: Host, found: Configuration) -> None:
    options: dict[str, str] = {}
    listed = host.ask([sys.executable, "-m", "pip", "config", "list"])
    # Each wins over those before it (pip's documentation, "Configuration").
    for section in ("global", "install", ":env:"):
        for name, value in re.findall(rf"^{section}\.([\w-]+)=(.*)$", listed, re.MULTILINE):
            # What lies on this host's disk is not on the machine's.
            words = [word for word in str(ast.literal_eval(value)).split() if not word.startswith("file:")]
            if name in PIP_OPTIONS and words:
                options[name] = " ".join(words)
    options |= {name: found.certificate(host, path) for name, path in options.items() if name in PIP_CERTIFICATES}
    if options:
        lines = "".join(f"{name} = {value}\n" for name, value in sorted(options.items()))
        found.files["/etc/pip.conf"] = f"[global]\n{lines}".encode()


def _npm(host: Host, found: Configuration) -> None:
    options: dict[str, str] = {}
    for name, value in _npm_options(host):
        last = name.rpartition(":")[2]
        if name in NPM_OPTIONS or name.startswith("//") or (name.startswith("@") and last == "registry"):
            options[name] = value
    named = {name: path for name, path in options.items() if name.rpartition(":")[2] in NPM_CERTIFICATES}
    options |= {name: found.certificate(host, path) for name, path in named.items()}
    if options:
        found.files[NPMRC] = "".join(f"{name}={value}\n" for name, value in sorted(options.items())).encode()
        found.environment["NPM_CONFIG_USERCONFIG"] = NPMRC


def _npm_options(host: Host) -> Iterator[tuple[str, str]]:
    """Names and values of npm's files and variables; each wins over those before it (npm's documentation, "npmrc")."""
    for kind in ("globalconfig", "userconfig"):
        path = host.ask(["npm", "config", "get", kind]).strip()
        text = (host.read(path) if path else None) or b""
        for line in text.decode("utf-8", errors="replace").splitlines():
            name, is_option, value = line.partition("=")
            if is_option and not line.lstrip().startswith(("#", ";")):
                expanded = re.sub(r"\$\{(\w+)}", lambda match: host.environment.get(match[1], match[0]), value)
                yield name.strip(), expanded.strip().strip('"')
    for name, value in host.environment.items():
        prefix, option = name[:11].lower(), name[11:].lower().replace("_", "-")
        if prefix == "npm_config_" and option != "userconfig":
            yield option, value
