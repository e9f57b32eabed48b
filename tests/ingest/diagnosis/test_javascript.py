"""JSON.stringify, digit by digit; a JavaScript engine wrote the expected texts."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from ingest.diagnosis.javascript import parse, stringify

CASES = [
    (b'{"b": 1, "a": 2.0}', '{"b":1,"a":2}'),
    (b'{"b": 1, "10": 2, "2": 3, "01": 4, "4294967295": 5}', '{"2":3,"10":2,"b":1,"01":4,"4294967295":5}'),
    (b"[1.10, 1e2, 100000000000000000000, 1e21, 1.5e300, -0.0, 0.000001, 1e-7, 123456789.123]",
     "[1.1,100,100000000000000000000,1e+21,1.5e+300,0,0.000001,1e-7,123456789.123]"),
    (b"[12345678901234567890, 1e400, -1e400, 5e-324, 0.1]", "[12345678901234567000,null,null,5e-324,0.1]"),
    ('{"é": "☃/\\u2028\\u0001\\u007f\\ud83d\\ude00\\ud800"}'.encode(),
     '{"é":"☃/\u2028\\u0001\u007f😀\\ud800"}'),
    (b'[true, false, null, [], {}, ""]', '[true,false,null,[],{},""]'),
    (b'{"a": 1, "b": 2, "a": 3}', '{"a":3,"b":2}'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "written"), CASES)
def test_a_value_is_written_as_javascript_writes_it(text: bytes, written: str) -> None:
    assert stringify(parse(text)) == written


@pytest.mark.parametrize("indent", ["  ", "\t"])
def test_an_indented_value_is_written_as_javascript_writes_it(indent: str) -> None:
    value = parse(b'{"a": [1, {"b": []}, {}], "c": {"d": null}}')
    expected = '{\n>"a": [\n>>1,\n>>{\n>>>"b": []\n>>},\n>>{}\n>],\n>"c": {\n>>"d": null\n>}\n}'
    assert stringify(value, indent=indent) == expected.replace(">", indent)


def test_the_expected_texts_are_a_javascript_engines() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here; the other tests hold its answers")
    script = (
        "console.log(JSON.stringify(JSON.parse(process.argv[1]).map(t => JSON.stringify(JSON.parse(t)))))"
    )
    texts = json.dumps([text.decode() for text, _ in CASES])
    done = subprocess.run([node, "-e", script, texts], capture_output=True, check=True)
    assert json.loads(done.stdout) == [written for _, written in CASES]
