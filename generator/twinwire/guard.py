"""The second line of defence against code injection: parse every generated file, and hold Python to an allow-list.

The first line is that text from a spec reaches Python only as ``repr`` or as a checked identifier. If a template breaks
that rule, the injected code is rejected here, before anything is written.
"""

from __future__ import annotations

import ast
import builtins
import io
import json
import re
import symtable
import tokenize
import tomllib
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from xml.parsers import expat

from twinwire.errors import TwinwireError
from twinwire.templating import Artifact


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES = _words("""
    __future__ abc asyncio base64 binascii codecs collections collections.abc contextlib contextvars dataclasses datetime
    email.utils enum functools httpx httpx2 io itertools json logging math msgspec operator pybase64 random re ssl string
    textwrap threading time types typing typing_extensions urllib.parse warnings xml.parsers xml.parsers.expat
    xml.sax.saxutils zlib
""")
"""The modules that generated code may import, besides its own package."""

_SYSTEM = MODULES | _words("""
    argparse concurrent.futures errno hashlib httpcore httpcore2 ipaddress os pathlib shutil socket sqlite3 stat sys tempfile
    unicodedata
""")
"""The modules that ``_mirror`` may import: it works on the disk, and contains no text of a spec."""
# The functions of os that start or end processes.
_PROCESSES = re.compile(r"(system|popen|fork|kill|exec|spawn|posix_spawn|startfile).*")
# The condition of the `if` statement at the end of a module that is also a command.
_COMMAND = ast.dump(ast.parse('__name__ == "__main__"', mode="eval").body)

_BUILTINS = _words("""
    Ellipsis NotImplemented abs aiter all anext any ascii bool bytearray bytes callable chr classmethod dict divmod enumerate
    filter float format frozenset getattr hasattr hash hex int isinstance issubclass iter len list map max memoryview min
    next object ord pow property range repr reversed round set slice sorted staticmethod str sum super tuple type zip
""")
_DUNDERS = _words("""
    __aenter__ __aexit__ __aiter__ __all__ __anext__ __call__ __cause__ __context__ __del__ __doc__ __enter__ __eq__ __exit__
    __future__
    __getitem__ __hash__ __init__ __iter__ __len__ __name__ __next__ __post_init__ __qualname__ __repr__ __slots__ __str__
    __struct_config__ __struct_fields__ __traceback__ __version__
""")
# Names that generated code may define, but not access.
_HOOKS = frozenset({"__dir__", "__getattr__", "__missing__"})
# Statements that a module or a class may execute on import. A call on its own line is not among them.
_STATEMENTS = (
    ast.Import,
    ast.ImportFrom,
    ast.Assign,
    ast.AnnAssign,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.Pass,
)
_DENIED_BUILTINS = {
    name
    for name, value in vars(builtins).items()
    if name not in _BUILTINS | _DUNDERS and not (isinstance(value, type) and issubclass(value, BaseException))
}


def guard(artifacts: Iterable[Artifact]) -> None:
    """Reject artifacts that do not parse, or contain Python beyond the allow-list.

    Copied artifacts are skipped: the tests check them, and the only spec text in them, the header and one name, is in other
    artifacts too.

    Raises:
        TwinwireError: An artifact was rejected; the first one is named.
    """
    for artifact in artifacts:
        path = PurePosixPath(artifact.path)
        check = _CHECKS.get(path.suffix)
        if check is None or artifact.copied:
            continue
        try:
            complaint = next(iter(check(artifact.text, path)), None)
        except (SyntaxError, ValueError, RecursionError, MemoryError, expat.ExpatError) as error:
            complaint = f"cannot be parsed: {error or type(error).__name__}"
        if complaint:
            message = f"the generated file {artifact.path} {complaint}"
            raise TwinwireError(message, "nothing was written; a template copied text of the spec into code, please report it")


def _python(text: str, path: PurePosixPath) -> Iterator[str]:
    source = text.encode("utf-8")
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    # PEP 263: a coding cookie in a comment makes Python decode the same bytes to different source.
    if encoding != "utf-8":
        yield f"declares the encoding {encoding}"
    tree = ast.parse(source)
    modules = {path.parts[0], *(_SYSTEM if path.parts[1:2] == ("_mirror",) else MODULES)}
    yield from _statements(tree.body)
    for name in sorted(_builtins(symtable.symtable(text, "<generated>", "exec"), frozenset()) & _DENIED_BUILTINS):
        yield f"uses {name}"
    for node in ast.walk(tree):
        complaint = _node(node, modules)
        if complaint:
            yield f"{complaint} in line {getattr(node, 'lineno', 1)}"


def _statements(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _statements(node.body)
        elif isinstance(node, ast.If) and ast.dump(node.test) == _COMMAND and isinstance(node.body[0], ast.Raise):
            yield from _statements([*node.body[1:], *node.orelse])
        elif isinstance(node, ast.If):
            yield from _statements([*node.body, *node.orelse])
        # A string on its own is a docstring.
        elif not isinstance(node, _STATEMENTS) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            yield f"does something on import in line {node.lineno}"


def _builtins(scope: symtable.SymbolTable, bound: frozenset[str]) -> set[str]:
    # A parameter of the feed may be called open or help. Only a name that no scope binds is the built-in.
    # Example: `def f(open): return open, eval` -> {"eval"}; the parameter `open` is local to f.
    symbols = scope.get_symbols()
    if scope.get_type() == "module":
        bound = frozenset(item.get_name() for item in symbols if item.is_assigned() or item.is_imported())
    found = {item.get_name() for item in symbols if item.is_global() or (scope.get_type() == "module" and item.is_referenced())}
    return found.difference(bound).union(*(_builtins(child, bound) for child in scope.get_children()))


def _node(node: ast.AST, modules: Container[str]) -> str:
    match node:
        case ast.Import(names=names):
            return _imports([alias.name for alias in names], modules)
        case ast.ImportFrom(module="os", names=names):
            # `from os import system as x` would hide the function from the check of os.<name> below.
            return "imports from os"
        case ast.ImportFrom(module=module, names=names, level=level):
            return _imports([] if level else [module or ""], modules) or _names(alias.name for alias in names)
        case ast.Attribute(value=ast.Name(id="os"), attr=name) if _PROCESSES.fullmatch(name):
            return f"uses os.{name}"
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
            return _names([name])
        case ast.FunctionDef(name=name) if name not in _HOOKS:
            return _names([name])
        case ast.Call(
            func=ast.Name(id="getattr" | "hasattr" | "setattr" | "delattr"), args=[_, ast.Constant(value=str(name)), *_]
        ):
            return _names([name])
    return ""


def _imports(names: Iterable[str], modules: Container[str]) -> str:
    for name in names:
        # Only the generated package itself allows all its submodules; json.tool or os.path would have to be listed.
        if name not in modules and (name.partition(".")[0] not in modules or name.partition(".")[0] in _SYSTEM):
            return f"imports {name}"
    return ""


def _names(names: Iterable[str]) -> str:
    for name in names:
        if name.startswith("__") and name.endswith("__") and name not in _DUNDERS:
            return f"uses {name}"
    return ""


def _toml(text: str, _: PurePosixPath) -> Iterator[str]:
    tomllib.loads(text)
    return iter(())


def _json(text: str, _: PurePosixPath) -> Iterator[str]:
    json.loads(text)
    return iter(())


def _xml(text: str, _: PurePosixPath) -> Iterator[str]:
    parser = expat.ParserCreate()
    parser.Parse(text.encode("utf-8"), True)
    return iter(())


_CHECKS: dict[str, Callable[[str, PurePosixPath], Iterator[str]]] = {
    ".py": _python,
    ".pyi": _python,
    ".toml": _toml,
    ".json": _json,
    ".xsd": _xml,
}
