"""What a fit's numbers depend on: data, settings, versions of packages, sources of plugins.

They make the key under which a fit is kept. Versions and sources are checked on workers of a cluster before
they fit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from compare_cli import __version__
from compare_cli.errors import text_of
from compare_cli.models.estimators import classes_of, description
from compare_cli.models.families import family_of
from compare_cli.models.specs import load_class
from compare_cli.types import ModelSpec

PREPARATION_VERSION = 1  # raise when preparation, fitting or scoring changes a number
KNOWN = frozenset({"compare_cli", "sklearn", "numpy", "scipy", *sys.stdlib_module_names})
INSTALLED = {"site-packages", "dist-packages"}
DATA_SUFFIXES = (
    *(".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".txt", ".csv", ".tsv", ".parquet", ".npy", ".npz"),
    *(".pkl", ".pickle", ".joblib", ".pt", ".pth", ".ckpt", ".safetensors", ".onnx", ".h5", ".keras", ".bin"),
    *(".ubj", ".model", ".weights", ".so", ".dll", ".dylib"),
)
"""What a model may load from its package; not what it may write there: logs, caches, databases."""
LARGE, ENDS = 16 << 20, 1 << 20  # bytes from which on a file is known by its ends, and bytes of each of them
MANY = 1000  # source files of a package from which on only loaded ones are hashed


def versions() -> dict[str, str]:
    """Return the versions that must be the same everywhere for the numbers to be the same.

    They are those that are installed: asking the libraries themselves would load them.
    """
    return {"compare-cli": __version__, **_installed()}


@cache
def _installed() -> dict[str, str]:
    return {name: version(name) for name in ("scikit-learn", "numpy", "scipy")}


def sources(spec: ModelSpec) -> dict[str, str]:
    """Return a digest for each module that a model from outside comes from, so that changes are noticed.

    Those count too that these import when they are loaded, unless they are installed ones.
    """
    if family_of(spec).builtin and spec.estimator is None:
        return {}
    classes = [load_class(spec)] if spec.estimator is None else classes_of(spec)
    named = spec.factory.partition(":")[0]
    modules = dict.fromkeys([named, *(part.__module__ for c in classes for part in c.__mro__)])
    names = dict.fromkeys(module.partition(".")[0] for module in (*modules, *_reached(modules)))
    return {name: _digest(name) for name in names if name not in KNOWN}


def _reached(modules: Iterable[str]) -> list[str]:
    """Return the modules that are no installed ones and that some modules hold, or hold something of."""
    waiting, found = list(modules), dict.fromkeys(modules)
    while waiting:
        module = sys.modules.get(waiting.pop())
        held = vars(module).values() if module is not None and not _is_installed(module) else ()
        for value in list(held):
            name = value.__name__ if isinstance(value, ModuleType) else _module_of(value)
            if name in sys.modules and name not in found and not _is_installed(sys.modules[name]):
                found[name] = None
                waiting.append(name)
    return list(found)


def _module_of(value: Any) -> str:
    try:
        return str(value.__module__)
    except Exception:  # an object of somebody else's may raise anything
        return ""


def _is_installed(module: ModuleType) -> bool:
    """Whether a module comes with Python or is installed, so that its version says what it is."""
    file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
    top = getattr(module, "__name__", "").partition(".")[0]
    return top in KNOWN or file is None or bool(INSTALLED & set(Path(file).parts))


def task_key(
    fingerprint: str,
    spec: ModelSpec,
    params: Mapping[str, Any],
    rows: str,
    asked: Mapping[str, Any] | None = None,
) -> str:
    """Return a hash of all that a fit's numbers depend on: data, model, parameters, rows, versions.

    The fingerprint covers the columns that models see and their kinds. "" is the key of a fit that cannot be
    known again, and is not kept: of an estimator that is more than classes and parameters, or is defined in a
    notebook.
    """
    made_of = None if spec.estimator is None else description(spec.estimator.estimator)
    if "" in (made_of, (asked or {}).get("own_rows")):
        return ""
    facts = {
        "data": fingerprint,
        "factory": spec.factory,
        "needs": spec.needs,
        "params": {name: repr(value) for name, value in sorted(params.items())},
        "rows": rows,
        "preparation": PREPARATION_VERSION,
        "asked": asked or {},
        **({} if spec.estimator is None else {"estimator": made_of}),
        "versions": [*_installed().values(), *sources(spec).values()],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def differences(expected: Mapping[str, str], spec: ModelSpec) -> str:
    """Return how this process differs from one of these versions and sources; "" where it does not."""
    here = {**versions(), **sources(spec)}
    wrong = [name for name in expected if here.get(name) != expected[name]]
    versioned = versions()
    told = (f"{name} {here[name]} instead of {expected[name]}" for name in wrong if name in versioned)
    return ", ".join((*told, *(f"another source of {name}" for name in wrong if name not in versioned)))


@cache
def _digest(name: str) -> str:
    """Return a module's version with a hash of its sources: of its package, or else of its folder.

    The data in a package that is not installed, such as weights, are sources too.
    What an installed module of one file imports from elsewhere is not its own; of packages of more than
    `MANY` files those count that are loaded.
    """
    module = sys.modules.get(name)
    digest = hashlib.sha256(text_of(getattr(module, "__version__", "")).encode("utf-8", "replace"))
    for file in _sources(module):
        with contextlib.suppress(OSError):  # in an archive, or made on the fly
            digest.update(f"|{file.name}|".encode("utf-8", "replace") + _content(file))
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    """Return the bytes of a file; of a large one, such as weights, their number, the first and the last."""
    size = file.stat().st_size
    if size <= LARGE:
        return file.read_bytes()
    with file.open("rb") as stream:
        first = stream.read(ENDS)
        stream.seek(-ENDS, 2)
        return b"%d|" % size + first + stream.read()


def _sources(module: ModuleType | None) -> list[Path]:
    own = getattr(module, "__file__", None)
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    files = [Path(own)] if own else []
    installed = module is None or _is_installed(module)
    if not folders and own and not installed:
        files += Path(own).parent.glob("*.py")
        folders = [package.parent for package in Path(own).parent.glob("*/__init__.py")]
    kinds = (".py",) if installed else (".py", *EXTENSION_SUFFIXES)
    inside = [file for folder in folders for file in folder.rglob("*")]
    files += [file for file in inside if file.name.endswith(kinds)]
    data = [] if installed else [file for file in inside if file.name.endswith(DATA_SUFFIXES)]
    if len(files) + len(data) <= MANY:
        files += data
    elif len(files) > MANY:
        loaded = {getattr(other, "__file__", None) for other in list(sys.modules.values())}
        files = [file for file in files if str(file) in loaded]
    return sorted(set(files))
