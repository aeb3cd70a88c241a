"""The text of a configuration: what YAML would let pass without a word is refused with its line."""

from pathlib import Path

import pytest

from linexp.config.text import MAX_VALUES, check_text
from linexp.errors import NOT_ONE_LINE, LinexpError

REPOSITORY = Path(__file__).parents[3]
PWN = "!!python/object/apply:os.system ['touch ran']"

# the text, and what the message has to say
BAD = {
    "key twice": ("a: 1\nb: 2\na: 3\n", ["line 3", "'a' is there already, in line 1; keep one"]),
    "key twice inside": ("a:\n  b: 1\n  c: {d: 1, d: 2}\n", ["line 3", "'d' is there already"]),
    "key twice in quotes": ('a: 1\n"a": 3\n', ["line 2", "'a' is there already"]),
    "key twice in a list": ("a: [1, {b: 1, b: 1}]\n", ["line 1", "'b' is there already"]),
    "key twice behind an anchor": ("a: &x {b: 1}\nc: {<<: *x, d: 1, d: 2}\n", ["line 2", "'d' is there already"]),
    "code": (f"a: {PWN}\n", ["line 1", "!!python/object/apply:os.system are not allowed"]),
    "code as a key": (f"? {PWN}\n: 1\n", ["line 1", "a key is a list"]),
    "name": ("a: 1\nb: !!python/name:os.system\n", ["line 2", "!!python/name:os.system"]),
    "tuple": ("a: !!python/tuple [1]\n", ["!!python/tuple"]),
    "set": ("a: !!set {b}\n", ["!!set"]),
    "bytes": ("a: !!binary aGk=\n", ["!!binary"]),
    "own tag": ("a: !mine 1\n", ["!mine"]),
    "date": ("a:\n  b: 2020-01-01\n", ["line 2", "2020-01-01 is a date to YAML; put it in quotes"]),
    "time": ("a: 2001-12-14t21:59:43.10-05:00\n", ["is a date"]),
    "template": ("__use_yte__: true\na: ?open('ran', 'w')\n", ["line 1", "run Python code"]),
    "circle": ("a: &x {b: *x}\n", ["line 1", "contains itself by an alias"]),
    "circle of lists": ("a: &x [1, [*x]]\n", ["contains itself"]),
    "a billion laughs": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join(10 * [f'*a{n - 1}'])}]\n" for n in range(1, 10)),
        [f"more than {MAX_VALUES:,} values"],
    ),
    "brackets": ("a: " + "[" * 100 + "]" * 100 + "\n", ["line 1", "nested too deeply"]),
    "many brackets": ("a: " + "[" * 50_000 + "]" * 50_000 + "\n", ["nested too deeply"]),
    "many digits": ("a: " + "9" * 5000 + "\n", ["line 1", "5000 digits"]),
    "list as a key": ("? [a, b]\n: 1\n", ["line 1", "a key is a list or a mapping"]),
    "mapping as a key": ("{a: 1}: 2\n", ["a key is a list or a mapping"]),
    "tab": ("a: 1\n\tb: 2\n", ["line 2", "is not YAML"]),
    "open bracket": ("a: [1, 2\nb: 3\n", ["is not YAML"]),
    "unknown alias": ("a: *b\n", ["line 1", "is not YAML"]),
    "two documents": ("a: 1\n---\nb: 2\n", ["line 2", "is not YAML"]),
    "control character": ("a: x\x07y\n", ["is not YAML"]),
    "list": ("- a\n", ["has no sections"]),
    "word": ("a\n", ["has no sections"]),
    "nothing": ("", ["has no sections"]),
    "comment": ("# a\n", ["has no sections"]),
}


@pytest.mark.parametrize("case", BAD)
def test_text_that_yaml_would_let_pass_is_refused_with_its_line(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    text, parts = BAD[case]
    Path("config.yaml").write_text(text)
    with pytest.raises(LinexpError) as caught:
        check_text("config.yaml")
    message = str(caught.value)
    assert message.startswith("config.yaml: ") and all(part in message for part in parts), message
    assert not NOT_ONE_LINE.search(message) and len(message) <= 200 and "; " in message, message
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"], "code ran"


@pytest.mark.parametrize("content", [b"\xff\xfea\x00", "a: Grün\n".encode("latin-1")])
def test_text_of_another_encoding_is_refused(tmp_path, content):
    (tmp_path / "config.yaml").write_bytes(content)
    with pytest.raises(LinexpError, match="is not UTF-8 text; save it as UTF-8"):
        check_text(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "a: &x {b: 1}\nc: {<<: *x, b: 2}\n",
        "a: &x {b: 1}\nd: &y {e: 1}\nc: {<<: [*x, *y]}\n",
        "a: &x [1]\nb: *x\nc: [*x, *x]\n",
        "a: {x: 1}\nb: {x: 1}\n",
        '1: a\n"1": b\n',
        "a: '2020-01-01'\nb: 1e3\nc: .nan\nd: ~\ne: Grünfink\n",
        '{"a": {"b": [1, 2.5, null, true]}}',
        "\ufeffa: 1\n",
    ],
)
def test_anchors_merged_mappings_and_json_are_allowed(tmp_path, text):
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    check_text(tmp_path / "config.yaml")


def test_the_shipped_configuration_is_allowed():
    check_text(REPOSITORY / "config.yaml")
