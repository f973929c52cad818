"""Options from a file, compare.toml or [tool.compare] of pyproject.toml, and from variables COMPARE_….

What is typed wins, then the variables, then the file. All of it becomes click's ``default_map``, for every
command alike.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from compare_cli.errors import UsageError, nearest

TRUST = "trust-config"
NO_SETTINGS = frozenset({"help", "version", "config", TRUST})
OWN_VARIABLES = frozenset({"store"})  # COMPARE_STORE is a default for every command already
KNOWN_VARIABLES = ("COMPARE_STORE", "COMPARE_CONFIG", "COMPARE_TRUST_CONFIG")
OVERRULES: dict[str, set[str]] = {
    "json": {"format"},
    "format": {"json"},
    "output": {"json", "format"},
    "prefer": {"recommend"},
    "recommend": {"prefer"},
    "store": {"no-store"},
    "fresh": {"no-store"},
    "no-store": {"store", "fresh"},
    "groups": {"time"},
    "time": {"groups"},
    "metric": {"cost"},
    "cost": {"metric"},
}
"""An option that is given → those of a weaker source that would contradict it, beside itself."""
REFUSED: dict[tuple[str, ...], frozenset[str]] = {
    ("curve",): frozenset({"repeats", "fail-under", "check-leaks", "test", "test-rows"})
}
"""Options that a command shares and refuses: settings for all commands are not meant for it."""
CODE = ("models", "model", "baseline", "save-model")
WRITES = ("output", "store", "to-csv", "save")
DELETES = ("all", "keep", "older-than")  # of `runs prune`


@dataclass(frozen=True)
class Setting:
    """The value of an option, where it stands (for errors), and the folder that its paths begin in."""

    value: Any
    place: str
    folder: Path | None = None


Settings = dict[str, Setting]
Options = dict[str, TyperOption]
Check = Callable[[Setting, TyperOption], Any]


def defaults(context: typer.Context, group: TyperGroup, args: Sequence[str]) -> dict[str, Any]:
    """Return click's ``default_map`` for the command line ``[command, …]``, from the file and the variables.

    The option ``config`` becomes the file, where that sets anything. Raises UsageError, naming file and key,
    for keys that are no options, for values of another type, and for what only a trusted file may name.
    """
    path, command = _command(group, args)
    options = _options(command)
    if not options:
        return {}
    check = partial(_value, context)
    file = _file(args)
    found = {} if file is None else _of_command(_read(file, group, check), path, options)
    variables = _variables(path, options)
    _tell_unknown_variables(group, args)
    typed = {key for key, option in options.items() if _is_typed(option, args)}
    found = _without(_without(found, variables), typed)
    chosen = {**found, **_without(variables, typed)}
    if found and file is not None:
        if not (TRUST in typed or os.environ.get("COMPARE_TRUST_CONFIG", "0") not in {"", "0"}):
            _refuse_untrusted(found, f"say --{TRUST}" if TRUST in options else "set COMPARE_TRUST_CONFIG=1")
        chosen["config"] = Setting(str(file), str(file))
        quiet = chosen.get("quiet")
        silent = quiet is not None and quiet.folder is None and check(quiet, options["quiet"])
        if "quiet" not in typed and not silent:  # a file does not hide that it was read
            _say("config_read", file=file, keys=", ".join(sorted(found)))
    used = {options[key]: setting for key, setting in chosen.items() if key in options}
    result: dict[str, Any] = {str(option.name): check(setting, option) for option, setting in used.items()}
    for name in reversed(path):
        result = {name: result}
    return result


def _say(code: str, **facts: Any) -> None:
    from compare_cli.cli.output import say_notes
    from compare_cli.notes import note

    say_notes([note(code, **facts)])


def _file(args: Sequence[str]) -> Path | None:
    """Return the file that is named, else that of the project around the current folder, if it has one.

    The project ends at the first folder upwards with a compare.toml, a pyproject.toml or a .git.
    """
    if named := os.environ.get("COMPARE_CONFIG"):
        args = [*args, "--config", named]
    for arg, after in zip(args, [*args[1:], ""], strict=True):
        if arg == "--config" or arg.startswith("--config="):
            return Path(arg.partition("=")[2] or after)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "compare.toml").is_file():
            return folder / "compare.toml"
        project = folder / "pyproject.toml"
        if project.is_file():
            return project if b"tool.compare" in project.read_bytes() else None
        if (folder / ".git").exists():
            return None
    return None


def _toml(file: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file}: cannot be read as TOML: {error}") from None
    section: Any = content
    if file.name == "pyproject.toml":
        section = content.get("tool", {}).get("compare", {})
    if not isinstance(section, dict):
        raise UsageError(f"{file}: tool.compare is not a table of options.")
    return section


def _read(file: Path, group: TyperGroup, check: Check) -> dict[tuple[str, ...], Settings]:
    """Return the settings of a file, all checked, by the command that they are for; () is for all of them."""
    found: dict[tuple[str, ...], Settings] = {}
    waiting: list[tuple[tuple[str, ...], Any, Any]] = [((), _toml(file), group)]
    for path, content, command in waiting:
        below: dict[str, Any] = getattr(command, "commands", {})
        options = _options(command) if path else _shared(below)
        for written, value in content.items():
            place, key = f"{file}: {'.'.join((*path, written))}", written.replace("_", "-")
            if written in below and isinstance(value, dict):
                waiting.append(((*path, written), value, below[written]))
            elif key in options and key not in NO_SETTINGS:
                setting = found.setdefault(path, {})[key] = Setting(value, place, file.parent)
                check(setting, options[key])
            elif written in below:
                raise UsageError(f"{place}: {value!r} is not a table of options ([{written}]).")
            else:
                hint = nearest(key, [name for name in (*options, *below) if name not in NO_SETTINGS])
                raise UsageError(f"{place}: there is no such option.{hint}")
    return found


def _shared(commands: Mapping[str, Any]) -> Options:
    """Return what keys at the top of a file may be: options of any command but `runs`, whose are others'."""
    return {key: o for name, c in commands.items() if name != "runs" for key, o in _options(c).items()}


def _of_command(
    read: Mapping[tuple[str, ...], Settings], path: tuple[str, ...], options: Options
) -> Settings:
    """Return a command's settings: its own, and those for all commands that are options of this one."""
    shared = {} if path[:1] == ("runs",) else read.get((), {})
    own = read.get(path, {})
    useful = options.keys() - REFUSED.get(path, frozenset())
    return {**_without({k: s for k, s in shared.items() if k in useful}, own), **own}


def _variables(path: tuple[str, ...], options: Iterable[str]) -> Settings:
    """Return what COMPARE_FIT_FOLDS and the like set, else COMPARE_FOLDS; a list has an element a line."""
    names = ["_".join(path), *([""] if path[:1] != ("runs",) else [])]
    found: Settings = {}
    for key in options:
        for prefix in names:
            if not prefix and key in REFUSED.get(path, ()):
                continue
            name = "_".join(filter(None, ["COMPARE", prefix, key])).replace("-", "_").upper()
            if os.environ.get(name) and key not in {*NO_SETTINGS, *OWN_VARIABLES}:
                found.setdefault(key, Setting(os.environ[name], name))
    return found


def _tell_unknown_variables(group: TyperGroup, args: Sequence[str]) -> None:
    """Warn of a variable COMPARE_… that nearly is one of ours; others may belong to other programs."""
    if {"-q", "--quiet"} & {*args}:
        return
    known = {*KNOWN_VARIABLES, *_names_of_variables(group, ())}
    unknown = sorted(name for name in os.environ if name.startswith("COMPARE_") and name not in known)
    for name in unknown:
        ours = {each.removeprefix("COMPARE_"): each for each in known}
        if near := get_close_matches(name.removeprefix("COMPARE_"), ours, n=2, cutoff=0.8):
            _say("variable_unknown", name=name, meant=" or ".join(ours[each] for each in near))


def _names_of_variables(command: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the variables of a command's options and of the commands below it, for one or for all."""
    for key in _options(command):
        for prefix in {path, ()}:
            yield "_".join(("COMPARE", *prefix, key)).replace("-", "_").upper()
    for name, below in getattr(command, "commands", {}).items():
        yield from _names_of_variables(below, (*path, name))


def _without(weaker: Settings, given: Iterable[str]) -> Settings:
    """Return the settings that are neither among those ``given``, nor contradict them."""
    gone = {other for key in given for other in (key, *OVERRULES.get(key, ()))}
    return {key: setting for key, setting in weaker.items() if key not in gone}


def _command(group: TyperGroup, args: Sequence[str]) -> tuple[tuple[str, ...], Any]:
    path: tuple[str, ...] = ()
    command: Any = group
    for arg in args:
        if arg not in getattr(command, "commands", {}):
            break
        path, command = (*path, arg), command.commands[arg]
    return path, command


def _options(command: Any) -> Options:
    """Return the options of a command by the long name without its dashes."""
    options = [param for param in command.params if param.param_type_name == "option"]
    return {max(option.opts, key=len).lstrip("-"): option for option in options}


def _is_typed(option: TyperOption, args: Sequence[str]) -> bool:
    short = tuple(name for name in option.opts if len(name) == 2)
    return any(arg.split("=")[0] in option.opts or arg.startswith(short) for arg in args)


def _value(context: typer.Context, setting: Setting, option: TyperOption) -> Any:
    """Return a setting as the option's type. Raises UsageError naming its place."""
    value, in_file = setting.value, setting.folder is not None
    if not in_file and option.multiple:
        value = str(value).splitlines()
    elif in_file and option.metavar in {"LIST", "COSTS"} and isinstance(value, list):
        value = ",".join(map(str, value))
    single = isinstance(value, str | int | float)
    fits = isinstance(value, bool) == option.is_flag if in_file else True
    if not fits or not (single or (option.multiple and isinstance(value, list))):
        raise UsageError(f"{setting.place}: {_not_a(context, value, option)}")
    try:
        raw = value if option.is_flag else [value] if single and option.multiple else value
        made = option.process_value(context, raw if isinstance(raw, list | bool) else str(raw))
    except typer.BadParameter as error:
        whole = isinstance(value, int) and in_file  # then it is one that is out of range
        why = f"{value}: {error.message}." if whole else _not_a(context, value, option)
        raise UsageError(f"{setting.place}: {why}") from None
    if in_file and isinstance(made, int | float) and isinstance(value, str):
        raise UsageError(f"{setting.place}: {_not_a(context, value, option)}")
    if setting.folder is not None and option.metavar == "FILE":
        return str(setting.folder / str(made))
    return made


def _not_a(context: typer.Context, value: Any, option: TyperOption) -> str:
    what = "true or false" if option.is_flag else "a text, or a list of texts" if option.multiple else ""
    if not what:
        kind = type(option.process_value(context, "9"))
        what = {int: "a whole number", float: "a number"}.get(kind, "a text")
    return f"{value!r} is not {what}."


def _refuse_untrusted(settings: Settings, trust: str) -> None:
    """Raise UsageError for what runs code, writes, or reads elsewhere: strangers' projects bring such files.

    ``trust`` says how to allow it.
    """
    from compare_cli.models.families import FAMILIES
    from compare_cli.models.specs import parse_models

    for key, setting in settings.items():
        text = ",".join(setting.value) if isinstance(setting.value, list) else str(setting.value)
        why = ""
        if key in CODE and any(spec.family not in FAMILIES for spec in parse_models(text)):
            why = "it names code to import"
        elif key == "cluster" and "://" in text:
            why = "it names a cluster"
        elif key == "mlflow" and setting.value is not False:
            why = "it sends results away"
        elif key in DELETES and setting.value is not False:
            why = "it says what is deleted"
        elif key in (*WRITES, "test") and setting.folder is not None and not _is_below(setting.folder, text):
            why = "it writes" if key in WRITES else "it reads"
            why += " outside of its folder, or in what is hidden there"
        if why:
            raise UsageError(f"{setting.place}: {text!r}: {why}; if you trust the file, {trust}.")


def _is_below(folder: Path, text: str) -> bool:
    """Whether a path from a file of settings stays in its folder, and in what is not hidden there."""
    home, path = folder.resolve(), (folder / text).resolve()
    return path.is_relative_to(home) and not any(p.startswith(".") for p in path.relative_to(home).parts)
