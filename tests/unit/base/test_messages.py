"""Messages: the sentence, what it is made of, that it can be made again, and that no argument keeps a secret."""

import copy
import json
import pickle
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pytest

from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.base.messages import (
    UNSAID,
    Message,
    as_message,
    first_line_of,
    formatted,
    from_record,
    in_turn,
    of_error,
    placeholders,
    quoted,
    said,
)

SECRET = f"SWMTKN-1-{'a1' * 25}-{'b2' * 12}"


@dataclass(frozen=True)
class Machine:
    name: str


ONE, TWO, THREE = (Machine(f"manager{number}") for number in (1, 2, 3))


class Word(StrEnum):
    DOWN = said("down")


SENTENCES = {
    "plain": (said("form the swarm"), "form the swarm"),
    "text": (said("create config {name}", name="a b"), "create config a b"),
    "named": (said("kill the engine of {machine}", machine=ONE), "kill the engine of manager1"),
    "one": (said("kill the engines of {machines}", machines=[ONE]), "kill the engines of manager1"),
    "list": (
        said("kill the engines of {machines}", machines=(ONE, TWO, THREE)),
        "kill the engines of manager1, manager2 and manager3",
    ),
    "commas": (said("reboot {machines:,}", machines=[ONE, TWO]), "reboot manager1, manager2"),
    "lines": (said("{each:lines}", each=["a", "b"]), "a\nb"),
    "empty list": (said("left: {names:,}", names=[]), "left: none"),
    "instead of a list": (said("left: {names:,}", names=said("nothing")), "left: nothing"),
    "number": (said("{seconds:.1f} s, {times} times", seconds=1.26, times=3), "1.3 s, 3 times"),
    "path": (said("{path} is gone", path=Path("/a/b")), "/a/b is gone"),
    "braces": (said("no {{ {name}", name="{x}"), "no { {x}"),
    "quoted": (quoted("Error: {x}"), "Error: {x}"),
    "in it": (said("wait until {what}", what=said("{machine} leads", machine=TWO)), "wait until manager2 leads"),
    "in turn": (in_turn([said("{machine} leads", machine=ONE), "x"]), "manager1 leads; x"),
    "error": (said("no swarm: {problem}", problem=LabBroken(said("{m} is gone", m=ONE))), "no swarm: manager1 is gone"),
}


class TestSentence:
    @pytest.mark.parametrize("name", SENTENCES)
    def test_is_made_of_key_and_arguments(self, name: str) -> None:
        message, sentence = SENTENCES[name]
        assert message == sentence
        assert formatted(message.key, message.args) == sentence

    @pytest.mark.parametrize("name", SENTENCES)
    def test_can_be_made_again_from_what_is_stored(self, name: str) -> None:
        message, sentence = SENTENCES[name]
        again = from_record(json.loads(json.dumps(message.record())))
        assert (again, again.key, again.args) == (sentence, message.key, message.args)

    @pytest.mark.parametrize("made", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
    @pytest.mark.parametrize("name", SENTENCES)
    def test_a_copy_knows_its_arguments(self, name: str, made) -> None:
        message = SENTENCES[name][0]
        again = made(message)
        assert (again, again.key, again.args) == (message, message.key, message.args)

    def test_arguments_keep_their_types(self) -> None:
        message = said("{a} {b} {c} {d} {e}", a=1, b=0.5, c="x", d=[ONE, "y"], e=said("z"))
        assert message.args == {"a": 1, "b": 0.5, "c": "x", "d": ("manager1", "y"), "e": said("z")}
        assert isinstance(message.args["e"], Message)

    def test_a_list_says_another_language_too(self) -> None:
        message = said("kill the engines of {machines:,}", machines=[ONE, TWO])
        assert formatted("die Engines von {machines:,} beenden", message.args) == (
            "die Engines von manager1, manager2 beenden"
        )

    def test_what_is_made_of_it_is_plain_text(self) -> None:
        message = said("form the swarm")
        for composed in (f"{message}!", message + "!", message.upper(), str(message)):
            assert type(composed) is str

    def test_a_plain_text_has_no_key_and_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"a plain text has no key: write said\('x is down'\)"):
            as_message("x is down")  # type: ignore[arg-type]
        assert as_message(SENTENCES["list"][0]) is SENTENCES["list"][0]

    def test_a_word_of_a_list_of_words_has_its_own(self) -> None:
        assert as_message(Word.DOWN).record() == {"key": "down", "args": {}}
        assert said("it is {word}", word=Word.DOWN).args["word"] == as_message(Word.DOWN)

    def test_nothing_said_is_false(self) -> None:
        assert not UNSAID
        assert in_turn([], none=said("nothing")) == "nothing"


class TestMistakes:
    def test_a_placeholder_without_an_argument(self) -> None:
        with pytest.raises(KeyError, match="machine"):
            said("kill {machine}")

    def test_an_argument_without_a_placeholder(self) -> None:
        with pytest.raises(ValueError, match=r"no placeholder for machines in 'kill \{machine\}'"):
            said("kill {machine}", machine=ONE, machines=TWO)

    def test_what_is_no_argument(self) -> None:
        with pytest.raises(TypeError, match="no argument of a message"):
            said("{x}", x=object())

    def test_the_placeholders_of_a_key(self) -> None:
        assert placeholders("{a:.1f} {b:;} {{c}}") == {"a", "b"}


class TestErrors:
    def test_an_error_is_said_by_its_message(self) -> None:
        problem = ConditionNotMet(said("{machine} is down", machine=ONE), "  manager2 says no leader")
        assert str(problem) == "manager1 is down\n  manager2 says no leader"
        assert of_error(problem) == str(problem)
        assert first_line_of(problem).record() == {"key": "{machine} is down", "args": {"machine": "manager1"}}

    @pytest.mark.parametrize(
        ("problem", "line"), [(ValueError(), "ValueError"), (ValueError("\n a\nb"), "a"), (OSError("x {y}"), "x {y}")]
    )
    def test_of_others_the_first_line(self, problem: Exception, line: str) -> None:
        assert first_line_of(problem).record() == {"key": "{text}", "args": {"text": line}}


class TestRedaction:
    def test_arguments_keep_no_secret(self) -> None:
        message = said("{a} {b} {c}", a=SECRET, b=[SECRET, "x"], c=said("join with {token}", token=SECRET))
        clean = message.redacted()
        assert SECRET not in json.dumps(clean.record())
        assert clean == "SWMTKN-[redacted] SWMTKN-[redacted] and x join with SWMTKN-[redacted]"
        assert formatted(clean.key, clean.args) == clean

    def test_nor_does_a_key(self) -> None:
        assert SECRET not in Message(SECRET, {}).redacted().key
