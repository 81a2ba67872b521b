"""What the product must not contain: calls that run, fetch, parse or reveal more than they seem to."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("bff", "shell", "microfrontends", "static")
NEVER_IMPORTED = {"subprocess", "pickle", "marshal", "shelve", "dill", "telnetlib", "pty", "multiprocessing"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__"}
SPAWNING = re.compile(r"os\.(system|popen|exec\w*|spawn\w*|fork\w*)$")
# Where the linter's security rules are passed over, and how often: each says why beside it. It may only shrink.
PASSED_OVER = {
    "bff/access/tuples.py": 1, "bff/conformance/speaking.py": 1, "bff/hub.py": 1,
    "bff/kubernetes.py": 1, "bff/scaffold/making.py": 1, "bff/serve.py": 1, "bff/web/guides.py": 1,
    "microfrontends/reports/layout.py": 1, "microfrontends/reports/own/line.py": 1,
    "microfrontends/reports/packs/hub_events.py": 2, "microfrontends/reports/pickers.py": 2,
    "shell/breaker.py": 1, "shell/compose.py": 1, "shell/registry/reading.py": 1,
}  # fmt: skip
# Where templates are made of text: report layouts in a sandbox; new packages on a developer's machine.
FROM_TEXT = {"microfrontends/reports/layout.py", "bff/scaffold/making.py"}
READS_XML = {"microfrontends/settlement/files/xml_walk.py"}
WRITES_XML = {"bff/conformance/reporting.py", "bff/journeys/junit.py"}
ASKS_THE_PROVIDER = "bff/identity/oauth.py"
SETS_COOKIES = {"bff/app.py", "bff/identity/cookies.py", "shell/overlay.py"}
# Sentences of our own that are filled in, each from a table of constants.
FILLED_IN = {
    "microfrontends/reports/permissions.py", "microfrontends/reports/views/form.py",
    "microfrontends/settlement/views/finding_words.py",
}  # fmt: skip
CRYPTOGRAPHY = {"AESGCM", "Ed25519PrivateKey", "Ed25519PublicKey", "InvalidTag", "InvalidSignature"}
HASHES = {"sha256", "sha384", "sha512", "new"}  # `new` takes the names of bff/identity/tokens.py
Tree = tuple[str, ast.Module]


@cache
def trees() -> tuple[Tree, ...]:
    """Each module of the product, by its path."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8")))
        for package in PRODUCT
        for path in sorted((ROOT / package).rglob("*.py"))
        if "tests" not in path.parts and "/scaffold/microfrontend/" not in path.as_posix()
    )


def imported(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, and every name from one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call, by what is called as it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keyword(call: ast.Call, name: str) -> str:
    """How an argument is written; empty where it is not."""
    return next((ast.unparse(each.value) for each in call.keywords if each.arg == name), "")


def test_the_linter_looks_for_dangerous_calls_and_each_exception_is_known() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in told["select"]
    assert [rule for rule in told["ignore"] if rule.startswith("S")] == ["S101"]
    found: dict[str, int] = {}
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "tests" not in path.parts:
                # S105 to S107 suspect every word that sounds like a password's name.
                passed = len(re.findall(r"# noqa: S(?!10[567])\d", path.read_text("utf-8")))
                found |= {path.relative_to(ROOT).as_posix(): passed} if passed else {}
    more = {path: count for path, count in found.items() if count > PASSED_OVER.get(path, 0)}
    assert more == {}, "find a way that the linter takes, or add it to PASSED_OVER with its reason beside the line"


def test_the_product_starts_no_program_and_runs_no_text_as_code() -> None:
    found = [f"{path}: {name}" for path, tree in trees() for name in imported(tree) if name in NEVER_IMPORTED]
    for path, tree in trees():
        for name, call in calls(tree):
            if name in NEVER_CALLED or SPAWNING.search(name) or name == "render_template_string":
                found.append(f"{path}:{call.lineno}: {name}")
            if name.endswith(".from_string") and path not in FROM_TEXT:
                found.append(f"{path}:{call.lineno}: a template is made of text")
            if name == "yaml.load" or (name == "yaml.load_all" and ast.unparse(call.args[1]) != "_Strict"):
                found.append(f"{path}:{call.lineno}: YAML that may make objects")
    assert found == []


def test_xml_is_read_in_one_place_alone() -> None:
    readers = {
        path
        for path, tree in trees()
        for name in imported(tree)
        if name.startswith(("xml.", "lxml", "defusedxml")) and path not in WRITES_XML
    }
    assert readers == READS_XML
    parsing = [path for path, tree in trees() for name, _ in calls(tree) if name.endswith(("fromstring", ".iterparse"))]
    assert parsing == []


def test_no_regular_expression_is_made_of_anything_but_constants() -> None:
    found = []
    for path, tree in trees():
        for name, call in calls(tree):
            taken = re.fullmatch(r"re\.(compile|match|fullmatch|search|sub|split|findall|finditer)", name)
            if taken:
                # What is escaped counts as a constant, and constants are written in capitals.
                words = re.sub(r"re\.escape\(\w+\)", "(0)", ast.unparse(call.args[0]))
                inside = {node.id for node in ast.walk(ast.parse(words)) if isinstance(node, ast.Name)}
                if not all(name.isupper() for name in inside):
                    found.append(f"{path}:{call.lineno}: {words}")
    assert found == []


def test_no_text_from_outside_is_a_format() -> None:
    found = []
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format_map":
                found.append(f"{path}:{node.lineno}")
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and path not in FILLED_IN:
                filled = isinstance(node.right, ast.Dict | ast.Tuple) and not isinstance(node.left, ast.Constant)
                found += [f"{path}:{node.lineno}: {ast.unparse(node)[:60]}"] if filled else []
    assert found == []


def test_no_client_follows_redirects_or_passes_over_a_certificate() -> None:
    found = []
    for path, tree in trees():
        for name, call in calls(tree):
            if name.endswith("PoolManager") and keyword(call, "retries") != "False":
                found.append(f"{path}:{call.lineno}: a pool that follows redirects")
            if name.endswith("OAuth2Session") and path != ASKS_THE_PROVIDER:
                found.append(f"{path}:{call.lineno}: {name}")
            if (
                re.fullmatch(r"(urllib3|requests)\.(get|post|request|Session)", name)
                and keyword(call, "retries") != "False"
            ):
                found.append(f"{path}:{call.lineno}: {name}")
            if name in ("urlopen", "urllib.request.urlopen"):
                found.append(f"{path}:{call.lineno}: {name}")
        text = ast.unparse(tree)
        found += [f"{path}: {word}" for word in ("CERT_NONE", "check_hostname = False", "verify=False") if word in text]
    assert found == []
    # Of the one client that would follow them, each call says that it must not.
    text = (ROOT / ASKS_THE_PROVIDER).read_text("utf-8")
    sent = re.findall(r"self\._session\.(?:fetch_token|refresh_token|revoke_token|post|get)\(", text)
    assert len(sent) == len(re.findall(r"allow_redirects(?:\": |=)False", text)) == 5


def test_paper_is_written_without_fetching_anything() -> None:
    papers = [call for _, tree in trees() for name, call in calls(tree) if name == "HTML"]
    assert [keyword(call, "url_fetcher") for call in papers] == ["URLFetcher(allowed_protocols=())"]


def test_cryptography_is_of_known_kinds_alone() -> None:
    found = []
    for path, tree in trees():
        for name in imported(tree):
            module, _, last = name.rpartition(".")
            if module.startswith("cryptography.") and last[0].isupper() and last not in CRYPTOGRAPHY:
                found.append(f"{path}: {name}")
            if name in ("hashlib.md5", "hashlib.sha1", "Crypto", "nacl"):
                found.append(f"{path}: {name}")
        for name, call in calls(tree):
            if re.fullmatch(r"hashlib\.\w+", name) and name.partition(".")[2] not in HASHES:
                found.append(f"{path}:{call.lineno}: {name}")
    assert found == []


def test_cookies_are_set_in_known_places_and_no_app_sets_one_through_the_shell() -> None:
    from bff.contract.wire import ANSWER_HEADERS

    setting = {path for path, tree in trees() for name, _ in calls(tree) if name.endswith(".set_cookie")}
    assert setting == SETS_COOKIES
    assert "set-cookie" not in {name.lower() for name in ANSWER_HEADERS}
