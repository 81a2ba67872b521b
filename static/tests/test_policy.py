"""No template of ours needs what the policy forbids: no inline script or style, no handler in an attribute."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORBIDDEN = re.compile(r"""\sstyle=|<style\b|\son[a-z]+=["']|javascript:|\bhx-on|hx-vals=["']js:""")
SCRIPT = re.compile(r"<script\b[^>]*>")
SHEET = re.compile(r"""<link\b[^>]*rel="stylesheet"[^>]*>""")
OURS = ("bff", "shell", "microfrontends", "static", "examples")
EVALUATES = re.compile(r"\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write")


def templates() -> list[Path]:
    found = [path for package in OURS for path in sorted((ROOT / package).rglob("templates/**/*.html"))]
    # paper.html becomes a PDF, which no browser reads.
    return [path for path in found if "scaffold" not in path.parts and path.name != "paper.html"]


def test_no_template_holds_script_or_style() -> None:
    texts = {path: re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL) for path in templates()}
    assert len(texts) > 50
    assert [str(path.relative_to(ROOT)) for path, text in texts.items() if FORBIDDEN.search(text)] == []


def test_every_script_and_stylesheet_has_its_integrity_and_every_script_the_nonce() -> None:
    texts = [path.read_text("utf-8") for path in templates()]
    scripts = [tag for text in texts for tag in SCRIPT.findall(text)]
    sheets = [tag for text in texts for tag in SHEET.findall(text)]
    assert scripts
    assert sheets
    assert [tag for tag in [*scripts, *sheets] if "integrity=" not in tag] == []
    assert [tag for tag in scripts if "nonce=" not in tag or "src=" not in tag] == []


def test_our_script_writes_no_html_and_evaluates_nothing() -> None:
    script = (ROOT / "static/assets/portal.js").read_text("utf-8")
    assert EVALUATES.findall(script.replace('swap: "innerHTML show:none"', "")) == []


def test_our_script_keeps_in_the_browser_only_how_things_look() -> None:
    script = (ROOT / "static/assets/portal.js").read_text("utf-8")
    assert 'CHOICES = ["theme", "rows", "nav", "keys"]' in script
    assert re.findall(r"localStorage\.\w+\([^,)]+", script) == [
        'localStorage.getItem("portal-" + name',
        'localStorage.setItem("portal-" + name',
    ]
    assert re.findall(r"sessionStorage|indexedDB|document\.cookie|caches\.|serviceWorker|postMessage", script) == []
    # Nothing that came from elsewhere names a property, and no object is merged into another but of our own making.
    assert re.findall(r"__proto__|prototype|Object\.assign|Object\.defineProperty", script) == []
