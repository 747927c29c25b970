"""The manual is true: its settings, protocol and commands are held to the program."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, get_args

import click
import msgspec
import pytest

from chatbot.app import answer_error
from chatbot.chats import turns
from chatbot.cli import main
from chatbot.errors import ChatbotError, SettingsError
from chatbot.events import Block, Citation, Delta, Error, Event, Finish, Sources, Start, Status
from chatbot.model import Hit, Passage
from chatbot.settings import Settings
from chatbot.web.wire import Frame, body, decode_frame, to_source

from .manual import PAGES, README, fences, headings, names, page, section, tables

OF_EVERY_EVENT = {"type", "id", "seq"}
HIT = Hit(Passage("i", "text", "title", (), None, "", "document", 0, "hash"), 1.0, "documents")
EVENTS: tuple[Event, ...] = (
    Start("conversation"),
    Status("searching"),
    Sources((HIT,)),
    Delta("text"),
    Citation(1, 0, 4, True, "quote"),
    Block("html", 0, 4),
    Finish("done"),
    Error("busy", "message", True, 1.0),
)
FRAMES: tuple[Any, ...] = get_args(Frame)


def test_there_is_a_page_for_each_question() -> None:
    assert len(PAGES) >= 8


# Settings


def shown(default: object) -> str:
    return "none" if default in (None, ()) else f"`{default}`"


def expected(name: str) -> str:
    """Return what the program says it expects of a setting, or nothing if it takes any text."""
    try:
        Settings.from_environment({"OPENAI_API_KEY": "k", name: "?!"})
    except SettingsError as error:
        return str(error).partition("expected ")[2]
    return ""


def test_the_settings_page_names_each_setting_and_no_other() -> None:
    listed = [name for table in tables(page("settings.md")) for name in names(table)]

    assert sorted(listed) == sorted(each.name.upper() for each in fields(Settings))


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda each: each.name)
def test_a_setting_has_the_default_and_the_values_that_the_page_tells(setting: Any) -> None:
    rows = {row[0].strip("`"): row[1:] for table in tables(page("settings.md")) for row in table}
    default, accepted, meaning = rows[setting.name.upper()]

    assert default == shown(setting.default)
    assert expected(setting.name.upper()) in accepted
    assert ("secret" in accepted) == setting.metadata["secret"]
    assert meaning


# Protocol


def test_the_protocol_page_has_every_event_and_frame_and_no_other() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))
    events = headings(section("protocol.md", "## Which events does the server send?"), 3)
    frames = headings(section("protocol.md", "## Which frames does the page send?"), 3)

    assert sorted(events) == sorted(event.type for event in EVENTS)
    assert sorted(frames) == sorted(frame.__struct_config__.tag for frame in FRAMES)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_has_the_fields_that_the_page_tells(event: Event) -> None:
    text = section("protocol.md", f"### {event.type}")
    [example] = map(json.loads, fences(text, "json"))

    assert set(names(tables(text)[0])) == body(event).keys()
    assert example.keys() == body(event).keys() | OF_EVERY_EVENT
    assert example["type"] == event.type


def test_a_source_has_the_fields_that_the_page_tells() -> None:
    text = section("protocol.md", "### sources")
    [example] = map(json.loads, fences(text, "json"))

    assert set(names(tables(text)[1])) == to_source(1, HIT).keys()
    assert example["sources"][0].keys() == to_source(1, HIT).keys()


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.__struct_config__.tag)
def test_a_frame_has_the_fields_that_the_page_tells(frame: Any) -> None:
    text = section("protocol.md", f"### {frame.__struct_config__.tag}")
    [example] = fences(text, "json")

    assert set(names(tables(text)[0])) == {each.name for each in msgspec.structs.fields(frame)}
    assert isinstance(decode_frame(example), frame)


def test_the_spans_of_the_example_are_those_of_its_claim() -> None:
    [delta, citation, block] = (
        json.loads(fences(section("protocol.md", f"### {each}"), "json")[0])
        for each in ("delta", "citation", "block")
    )

    assert delta["text"][citation["from"] : citation["to"]].endswith(f"[{citation['n']}]")
    assert (block["from"], block["to"]) == (0, len(delta["text"]))


def kinds_of(error: type[ChatbotError]) -> Iterator[type[ChatbotError]]:
    yield error
    for kind in error.__subclasses__():
        yield from kinds_of(kind)


async def test_the_protocol_page_has_every_error_code_with_its_status() -> None:
    [table] = tables(section("protocol.md", "## Which error codes are there?"))
    told = {row[0].strip("`"): tuple(row[1:3]) for row in table}
    true = {}
    for kind in kinds_of(ChatbotError):
        _, status, _ = await answer_error(kind("?"))
        true[kind.code] = (str(int(status)), "yes" if kind.retryable else "no")
    true[turns.UNEXPECTED.code] = ("500", "yes" if turns.UNEXPECTED.retryable else "no")

    assert told == true


# Commands


@dataclass(frozen=True)
class Example:
    """A command in the manual with its environment, and what it is said to print."""

    page: str
    line: str
    environment: dict[str, str]
    arguments: list[str]
    output: list[str]

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


PROGRAMS = {"chatbot": [], ".venv/bin/chatbot": [], "bin/serve": ["serve"]}


def examples() -> Iterator[Example]:
    for file in [*PAGES, README]:
        for block in fences(file.read_text("utf-8"), "(?:console|sh|shell)"):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE):
                line, *output = part.splitlines() or [""]
                words = shlex.split(line, comments=True)
                given = [word for word in words if re.match(r"[A-Z_]+=", word)]
                program, *arguments = words[len(given) :] or [""]
                if program in PROGRAMS:
                    environment = dict(word.split("=", 1) for word in given)
                    yield Example(file.name, line, environment, PROGRAMS[program] + arguments, output)


EXAMPLES = list(examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_command_of_the_manual_can_be_typed(example: Example) -> None:
    group = click.Context(main)
    name, command, rest = main.resolve_command(group, list(example.arguments))

    assert name
    assert command
    command.make_context(name, rest, parent=group)


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.environment], ids=str)
def test_settings_in_front_of_a_command_are_what_the_program_knows(example: Example) -> None:
    faults: Sequence[str] = ()
    try:
        Settings.from_environment(example.environment)
    except SettingsError as error:
        faults = error.faults

    assert example.environment.keys() <= {each.name.upper() for each in fields(Settings)}
    assert list(faults) == [line.removeprefix("chatbot: ") for line in example.output]


def test_the_commands_page_names_each_command_and_no_other() -> None:
    found = [heading for heading in headings(page("commands.md"), 2) if heading.startswith("chatbot ")]

    assert found == [f"chatbot {name}" for name in sorted(main.commands, key=found_at)]


def found_at(name: str) -> int:
    return page("commands.md").find(f"## chatbot {name}\n")


@pytest.mark.parametrize("name", main.commands)
def test_a_command_has_the_options_and_the_usage_that_the_page_tells(name: str) -> None:
    text, command = section("commands.md", f"## chatbot {name}"), main.commands[name]
    options = {param.opts[0] for param in command.params if isinstance(param, click.Option)}
    usage = click.Context(command, info_name=f"chatbot {name}").get_usage()

    assert {option for table in tables(text) for option in names(table)} == options
    assert set(re.findall(r"(?<![\w-])--[a-z][\w-]*", text)) == options
    assert fences(text, "text")[0] == f"{usage.removeprefix('Usage: ')}\n"
