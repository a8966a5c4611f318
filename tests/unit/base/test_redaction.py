"""Secrets of a Swarm are replaced wherever they stand, and nothing else is."""

import base64
import json
import textwrap
import urllib.parse
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from swarmdrill.base.redaction import redact, sweep

TOKEN = f"SWMTKN-1-{'3f' * 25}-{'9k2' * 8}z"
FIPS_TOKEN = f"SWMTKN-2-1-{'3f' * 25}-{'9k2' * 8}z"
UNLOCK_KEY = f"SWMKEY-1-{'Zx9/+' * 8}Ab0"
BODY = "MHcCAQEEIBv5" * 5
KINDS = ("EC PRIVATE KEY", "RSA PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY")


def pem(kind: str = "EC PRIVATE KEY", body: str = BODY) -> str:
    lines = [body[i : i + 16] for i in range(0, len(body), 16)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


# What swarmkit writes to swarm-node.key: headers inside the armour.
WITH_HEADERS = pem().replace("KEY-----\n", "KEY-----\nkek-version: 0\nraft-dek: CiBhYmM\n\n", 1)
SECRET_PARTS = ("9k2", "Zx9", "MHcC", "AQEE", "CiBhYmM")


def leaks(text: str) -> list[str]:
    return [part for part in SECRET_PARTS if part in text]


class TestSecrets:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(TOKEN, id="join token"),
            pytest.param(FIPS_TOKEN, id="join token of version 2, which has one field more"),
            pytest.param(TOKEN[:-10], id="join token cut off in its secret"),
            pytest.param(f"docker swarm join --token {TOKEN} 10.0.0.1:2377", id="in a command"),
            pytest.param(json.dumps({"Manager": TOKEN, "Worker": FIPS_TOKEN}), id="in JSON"),
            pytest.param(UNLOCK_KEY, id="unlock key"),
            pytest.param(f"{UNLOCK_KEY}==", id="unlock key with padding"),
            *(pytest.param(pem(kind), id=kind) for kind in KINDS),
            pytest.param(WITH_HEADERS, id="headers of swarmkit"),
            pytest.param(pem().replace("\n", "\r\n"), id="lines of Windows"),
            pytest.param(pem()[:100], id="truncated in the body"),
            pytest.param(pem().removesuffix("-----"), id="truncated in the last line"),
            pytest.param(json.dumps({"key": pem()}), id="newlines escaped as in JSON"),
            pytest.param(json.dumps(json.dumps({"key": pem()})), id="newlines escaped twice"),
            pytest.param("\n".join(f"manager1 | {line}" for line in pem().splitlines()), id="each line prefixed"),
            pytest.param(pem().replace("\n", " "), id="on one line"),
            *(
                pytest.param(f"{secret[:at]}{broken}{secret[at:]}", id=f"{secret[:6]} broken at {at} by {broken!r}")
                for secret in (TOKEN, FIPS_TOKEN, UNLOCK_KEY)
                for at in (15, 40, len(secret) - 3)
                for broken in ("\n", "\r\n    ", "\\n")
            ),
            pytest.param(UNLOCK_KEY.replace("/", "\\/"), id="key as PHP's JSON has it"),
            pytest.param(urllib.parse.quote(UNLOCK_KEY, safe=""), id="key in a URL"),
            pytest.param(urllib.parse.quote(pem(), safe=""), id="private key in a URL"),
            *(
                pytest.param(secret.replace("-", dash), id=f"{secret[:9]} with {dash}")
                for secret in (TOKEN, UNLOCK_KEY, pem())
                for dash in ("&#45;", "&#x2d;", "%2D", "\\u002d")
            ),
        ],
    )
    def test_it_is_replaced(self, text: str) -> None:
        assert leaks(text), "nothing was planted"
        cleaned = redact(f"before {text} ")
        assert leaks(cleaned) == []
        assert cleaned.startswith("before ")
        assert "[redacted]" in cleaned

    @pytest.mark.parametrize("before", ["", "a", "ab", "key: "])
    @pytest.mark.parametrize("secret", [pem(), WITH_HEADERS, TOKEN, UNLOCK_KEY], ids=lambda secret: secret[:12])
    @pytest.mark.parametrize("wrap", ["", "\n", "\\n"])
    def test_base64_of_it_is_replaced(self, secret: str, before: str, wrap: str) -> None:
        encoded = base64.b64encode((before + secret).encode()).decode()
        if wrap:
            encoded = wrap.join(textwrap.wrap(encoded, 64))
        assert redact(f"Data: {encoded}, more") == "Data: [base64 of a secret, redacted], more"
        assert redact(f"/path/{encoded} more").endswith("[base64 of a secret, redacted] more")

    def test_other_base64_stays(self) -> None:
        text = base64.b64encode(b"-----BEGIN CERTIFICATE-----" + b"MIIB" * 40).decode()
        assert redact(f"a {text} b") == f"a {text} b"

    def test_what_stands_around_stays(self) -> None:
        text = f"a {TOKEN} b\n{pem()}\nc {UNLOCK_KEY} d"
        assert redact(text) == "a SWMTKN-[redacted] b\nEC PRIVATE KEY [redacted]\nc SWMKEY-[redacted] d"

    def test_several_in_one_text(self) -> None:
        text = "\n".join(
            [pem("EC PRIVATE KEY"), "first", pem("RSA PRIVATE KEY"), "second", TOKEN, TOKEN, pem(), "last"]
        )
        cleaned = redact(text)
        assert leaks(cleaned) == []
        assert cleaned.count("[redacted]") == 5
        assert all(word in cleaned for word in ("first", "second", "last"))

    def test_json_is_still_json(self) -> None:
        text = json.dumps({"key": pem(), "token": TOKEN, "after": "kept"})
        assert json.loads(redact(text))["after"] == "kept"

    def test_it_says_what_was_there(self) -> None:
        assert "EC PRIVATE KEY" in redact(pem())

    @pytest.mark.parametrize("secret", [TOKEN, UNLOCK_KEY, pem(), pem()[:100]])
    def test_redacting_again_changes_nothing(self, secret: str) -> None:
        """Events are redacted when they are made, and their files again by `sweep`."""
        once = redact(f"before {secret}") + "\nafter"
        assert redact(once) == once

    def test_a_truncated_key_takes_the_rest_of_the_text_with_it(self) -> None:
        """Nothing says where it ends, so nothing after it is shown."""
        assert redact(f"before\n{pem()[:100]}\nMHcCafter") == "before\nEC PRIVATE KEY [redacted]"


class TestHarmless:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "docker swarm init --advertise-addr 10.0.0.1",
            "the token begins with SWMTKN-1- and the key with SWMKEY",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----",
            "the PRIVATE KEY is in swarm-node.key",
            "sha256:0e0e1f\tSWM\n\x00ÿ€",
        ],
    )
    def test_it_is_unchanged(self, text: str) -> None:
        assert redact(text) == text

    @settings(deadline=None, database=None, max_examples=100)
    @given(before=st.text("ab c\n{}", max_size=20), after=st.text("ab c\n{}", max_size=20))
    def test_only_the_secret_goes(self, before: str, after: str) -> None:
        assert redact(f"{before} {TOKEN} {after}") == f"{before} SWMTKN-[redacted] {after}"
        assert redact(f"{before}{pem()}{after}") == f"{before}EC PRIVATE KEY [redacted]{after}"


class TestSweep:
    def test_a_tree(self, tmp_path: Path) -> None:
        dirty = {
            "events.jsonl": json.dumps({"text": TOKEN}) + "\n" + json.dumps({"text": pem()}) + "\n",
            "deep/er/a-attachment.txt": f"x\n{pem()}\ny\n",
            "html/index.html": f"<p>{UNLOCK_KEY}</p>",
            "transcript.log": TOKEN,
        }
        clean = {"a.json": '{"fine": true}', "empty.txt": "", "crlf.txt": "a\r\nb"}
        for name, text in {**dirty, **clean}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text.encode())
        picture = tmp_path / "picture.png"
        picture.write_bytes(b"\x89PNG" + TOKEN.encode())

        assert sweep(tmp_path) == sorted(tmp_path / name for name in dirty)
        for name in dirty:
            assert leaks((tmp_path / name).read_text()) == [], name
        for name, text in clean.items():
            assert (tmp_path / name).read_bytes() == text.encode()
        assert TOKEN.encode() in picture.read_bytes(), "what is no text is left alone"
        assert [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()] == [
            {"text": "SWMTKN-[redacted]"},
            {"text": "EC PRIVATE KEY [redacted]"},
        ]
        assert sweep(tmp_path) == [], "a second time there is nothing left to do"

    def test_bytes_that_are_no_utf8_survive(self, tmp_path: Path) -> None:
        file = tmp_path / "engine.log"
        file.write_bytes(b"\xff\xfe " + TOKEN.encode() + b" \x80")
        assert sweep(tmp_path) == [file]
        assert file.read_bytes() == b"\xff\xfe SWMTKN-[redacted] \x80"

    @pytest.mark.parametrize("suffix", [".json", ".jsonl"])
    def test_a_truncated_key_does_not_break_a_json_file(self, tmp_path: Path, suffix: str) -> None:
        """A result that cannot be read is a scenario that is missing from the report."""
        file = tmp_path / f"a{suffix}"
        file.write_text(json.dumps({"message": f"AssertionError: {pem()[:90]}...", "status": "failed"}) + "\n")
        assert sweep(tmp_path) == [file]
        result = json.loads(file.read_text())
        assert result["status"] == "failed"
        assert leaks(result["message"]) == []
