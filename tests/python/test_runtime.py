# SPDX-License-Identifier: Apache-2.0
"""Version, tracing, and log records on their way to Python's logging."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import edgefirst_hal as ef
import pytest


def events(path: Path) -> list[dict[str, object]]:
    loaded: list[dict[str, object]] = json.loads(path.read_text())
    return loaded


def convert_once() -> None:
    processor = ef.ImageProcessor(backend="cpu")
    processor.convert(processor.create_image(32, 32), processor.create_image(16, 16))


def test_build_info_names_version_and_f16() -> None:
    lines = ef.build_info().splitlines()
    assert lines[0] == f"edgefirst-hal v{ef.version()}"
    assert lines[1].startswith("f16 implementation: ")
    assert ef.simd_target() in ef.build_info()


def test_trace_holds_nested_spans(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    with ef.Tracing(str(path)) as tracing:
        assert isinstance(tracing, ef.Tracing)
        convert_once()
    spans = [e["name"] for e in events(path) if e["ph"] == "B"]
    assert {"python.convert", "image.convert", "tensor.alloc"} <= set(spans)
    assert sum(e["ph"] == "B" for e in events(path)) == sum(e["ph"] == "E" for e in events(path))
    assert all(
        set(e) >= {"name", "cat", "pid", "tid", "ts"} for e in events(path) if e["ph"] == "B"
    )


def test_sessions_may_follow_one_another(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        with ef.Tracing(tmp_path / name):
            ef.Tensor([1])
        assert events(tmp_path / name)


def test_an_unused_session_writes_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    with ef.Tracing(path):
        pass
    assert events(path) == []


def test_only_one_session_runs_and_only_its_starter_ends_it(tmp_path: Path) -> None:
    first, second = ef.Tracing(tmp_path / "first.json"), ef.Tracing(tmp_path / "second.json")
    first.start()
    with pytest.raises(RuntimeError, match="trace capture already active"):
        second.start()
    second.stop()
    ef.Tensor([1])
    first.stop()
    first.stop()
    assert events(tmp_path / "first.json")
    assert not (tmp_path / "second.json").exists()


def test_exceptions_leave_a_traced_block(tmp_path: Path) -> None:
    tracing = ef.Tracing(tmp_path / "trace.json")
    with pytest.raises(KeyError), tracing:
        raise KeyError
    assert tracing.__exit__() is False


def test_constructing_does_nothing(tmp_path: Path) -> None:
    ef.Tracing(tmp_path / "never.json")
    assert not (tmp_path / "never.json").exists()
    with pytest.raises(OSError, match="cannot create trace file"):
        ef.Tracing(tmp_path / "absent" / "trace.json").start()


LOGGING_PROGRAM = """
import logging, threading
import edgefirst_hal as ef

class Collect(logging.Handler):
    def emit(self, record):
        records.append((record.name, record.levelname, record.getMessage()))

records = []
logger = logging.getLogger("edgefirst_hal")
logger.addHandler(Collect())
logger.setLevel(1)
ef.set_log_level("trace")
def work():
    for _ in range(50):
        processor = ef.ImageProcessor()
        processor.convert(processor.create_image(8, 8), processor.create_image(4, 4))
        try:
            processor.convert(ef.Tensor([1]), ef.Tensor([1]))
        except ef.Error:
            pass
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
work()
ef.set_log_level("off")
assert all(name.startswith("edgefirst_hal.") for name, _, _ in records), records[:3]
print(len(records))
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {k: v for k, v in os.environ.items() if k not in ("RUST_LOG", "EDGEFIRST_LOG")}
    return subprocess.run(
        [sys.executable, "-c", *arguments],
        env={**variables, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_records_from_many_threads_reach_logging_without_deadlock() -> None:
    result = run(LOGGING_PROGRAM, EDGEFIRST_SIMD="nonsense")  # which the library warns about
    assert int(result.stdout) > 0


def test_a_level_from_the_environment_shows_records_on_stderr() -> None:
    program = "import edgefirst_hal as ef\nef.simd_target()\nef.Tensor([4]).map()"
    result = run(program, EDGEFIRST_LOG="warn", EDGEFIRST_SIMD="nonsense")
    assert "EDGEFIRST_SIMD=nonsense" in result.stderr


def simd_targets() -> list[str]:
    (line,) = [n for n in ef.build_info().splitlines() if n.startswith("SIMD targets: ")]
    return line.removeprefix("SIMD targets: ").split()


def test_a_simd_target_may_be_named_in_any_case() -> None:
    for name in simd_targets():
        for spelling in (name, name.lower(), name.title()):
            program = "import edgefirst_hal as ef\nprint(ef.simd_target())"
            result = run(program, EDGEFIRST_SIMD=spelling, EDGEFIRST_LOG="warn")
            assert (result.stdout.strip(), result.stderr) == (name, "")


def test_a_simd_target_that_is_none_is_told_everywhere() -> None:
    program = (
        "import edgefirst_hal as ef\nfrom edgefirst_hal.cli import main\n"
        "print(ef.build_info())\nmain(['info'])"
    )
    result = run(program, EDGEFIRST_SIMD="MMX", EDGEFIRST_LOG="warn", COLUMNS="400")
    said = "EDGEFIRST_SIMD=MMX is no SIMD target of this build and processor"
    assert said in result.stderr
    assert f"using {ef.simd_target()}" in result.stderr
    assert f"environment: {said}" in result.stdout
    assert result.stdout.count(said) == 2
    for name in simd_targets():
        assert name in result.stdout.split(said)[1]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("EDGEFIRST_DISABLE_GL", "no", "counts as on"),
        ("EDGEFIRST_TENSOR_FORCE_MEM", "off", "counts as on"),
        ("EDGEFIRST_PROTO_COMPUTE", "true", "1 switches it on"),
        ("EDGEFIRST_FORCE_TRANSFER", "mmap", "is none of dmabuf"),
        ("EDGEFIRST_THREADS", "many", "is no number from 1 on"),
    ],
)
def test_values_that_a_variable_cannot_have_are_listed(
    variable: str, value: str, said: str
) -> None:
    program = "import json\nfrom edgefirst_hal.cli import main\nmain(['info', '--json'])"
    document = json.loads(run(program, **{variable: value}).stdout)
    (line,) = document["library"]["environment"]
    assert line.startswith(f"{variable}={value} ")
    assert said in line


@pytest.mark.parametrize("threads", ["many", "0", "2x"])
def test_a_number_of_threads_that_is_none_is_warned_about(threads: str) -> None:
    program = (
        "import edgefirst_hal as ef\np = ef.ImageProcessor(backend='cpu')\n"
        "p.convert(p.create_image(8, 8), p.create_image(4, 4))\n"
    )
    result = run(program, EDGEFIRST_LOG="warn", EDGEFIRST_THREADS=threads)
    assert f"EDGEFIRST_THREADS={threads} is no number from 1 on; using " in result.stderr


def test_nothing_is_written_without_being_asked_for() -> None:
    program = (
        "import edgefirst_hal as ef\np = ef.ImageProcessor()\n"
        "p.convert(p.create_image(8, 8), p.create_image(4, 4))\n"
    )
    result = run(program)
    assert result.stdout == result.stderr == ""


@pytest.mark.parametrize("level", ["trace", "debug", "edgefirst=trace,other=info", "nonsense", ""])
@pytest.mark.parametrize("variable", ["RUST_LOG", "EDGEFIRST_LOG"])
def test_the_environment_sets_the_level(variable: str, level: str) -> None:
    result = run(
        "import logging, edgefirst_hal\nprint(logging.getLogger('edgefirst_hal').level)",
        **{variable: level},
    )
    expected = {"trace": 5, "debug": 10, "edgefirst=trace,other=info": 5}.get(level, 0)
    assert int(result.stdout) == expected


CONVERT = (
    "import edgefirst_hal as ef\np = ef.ImageProcessor(backend='cpu')\n"
    "p.convert(p.create_image(8, 6), p.create_image(4, 4))\n"
    "import numpy as np\nnone = np.zeros((0, 4), np.float32)\n"
    "ef.ByteTrack().update(none, none[:, 0], none[:, 0].astype(np.uint64), 1)\n"
)
CONVERSION = "[DEBUG] edgefirst_image: cpu converts Rgba 8 x 6 to Rgba 4 x 4\n"
TRACKING = "[TRACE] edgefirst_tracker: 0 detections, 0 tracks\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("debug", [CONVERSION]),
        ("DEBUG", [CONVERSION]),
        ("edgefirst_image=debug", [CONVERSION]),
        (" edgefirst_image = debug , ,", [CONVERSION]),
        ("edgefirst_image", [CONVERSION]),
        ("edgefirst_image=off,trace", [TRACKING]),
        ("warn,edgefirst_tracker=trace", [TRACKING]),
        ("wgpu_core=trace,edgefirst_image::gl=trace", []),
        ("edgefirst=trace/converts", [CONVERSION]),
        ("info", []),
        ("off", []),
    ],
)
def test_a_filter_chooses_lines_by_target(text: str, expected: list[str]) -> None:
    lines = run(CONVERT, RUST_LOG=text).stderr.splitlines(keepends=True)
    mine = [line for line in lines if line in (CONVERSION, TRACKING)]
    assert mine == expected
    assert all(line.startswith("[") and "] edgefirst_" in line for line in lines)


@pytest.mark.parametrize("text", ["edgefirst_image=loud", "debug,warning", "debug;trace", "off,6"])
def test_a_bad_part_of_the_filter_is_told_once(text: str) -> None:
    lines = run(CONVERT, RUST_LOG=text).stderr.splitlines()
    told = [line for line in lines if line.startswith("[WARN] edgefirst_hal::log: RUST_LOG: the")]
    assert len(told) == 1
    assert "is ignored: expected a level (off, error, warn" in told[0]
    assert (CONVERSION.strip() in lines) == text.startswith("debug,")


def test_a_filter_that_is_no_text_does_not_stop_the_import() -> None:
    program = "import edgefirst_hal\n"
    environment = {k: v for k, v in os.environb.items() if k != b"EDGEFIRST_LOG"}
    environment[b"RUST_LOG"] = b"\xff\xfe=\xff,,\n"
    result = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True
    )
    assert b"edgefirst_hal::log: RUST_LOG: the part '??=?'" in result.stderr


def test_absent_opengl_is_told_once() -> None:
    program = "import edgefirst_hal as ef\nfor _ in range(3): ef.ImageProcessor()\n"
    result = run(program, RUST_LOG="warn", EDGEFIRST_ANGLE_PATH="/nonexistent")
    told = [line for line in result.stderr.splitlines() if "opengl backend is not" in line]
    assert len(told) == 1
    assert told[0].startswith("[WARN] edgefirst_image: opengl backend is not available: ")
    assert run(program, RUST_LOG="warn", EDGEFIRST_DISABLE_GL="1").stderr == ""
    assert run(program, RUST_LOG="off", EDGEFIRST_ANGLE_PATH="/nonexistent").stderr == ""


def test_records_carry_their_target_to_handlers_of_the_program() -> None:
    program = (
        "import logging, edgefirst_hal as ef\n"
        "logging.basicConfig(format='%(levelname)s %(name)s %(target)s %(message)s')\n"
        "logging.getLogger('edgefirst_hal').setLevel(1)\n"
        "ef.set_log_filter('edgefirst_image=debug')\n" + CONVERT
    )
    line = "DEBUG edgefirst_hal.image edgefirst_image cpu converts Rgba 8 x 6 to Rgba 4 x 4\n"
    assert run(program).stderr == line


def test_a_filter_of_a_program_is_checked() -> None:
    ef.set_log_filter("warn,edgefirst_codec=trace")
    ef.set_log_filter("")
    with pytest.raises(ValueError, match="filter: the part 'edgefirst_codec=loud' of"):
        ef.set_log_filter("edgefirst_codec=loud")


def test_log_levels_have_names() -> None:
    for level in ("error", "warn", "info", "debug", "trace", "off"):
        ef.set_log_level(level)
    with pytest.raises(ValueError, match="loud"):
        ef.set_log_level("loud")


def test_a_subinterpreter_is_told_that_it_cannot_import() -> None:
    importing = "try:\n import edgefirst_hal._core\nexcept ImportError as error: print(error)\n"
    program = (
        "try:\n import _interpreters as interpreters\n"
        "except ImportError:\n import _xxsubinterpreters as interpreters\n"
        f"interpreters.run_string(interpreters.create(), {importing!r})\n"
    )
    assert "interpreter" in run(program).stdout


def test_interpreter_exits_cleanly_with_everything_alive() -> None:
    program = (
        "import edgefirst_hal as ef, numpy as np\n"
        "p = ef.ImageProcessor(); z = np.zeros((4, 4, 4), np.uint8)\n"
        "t = ef.Tensor.wrap(z, ef.PixelFormat.Rgba)\n"
        "m = t.map(); v = m.view(); a = t.numpy(); b = ef.ByteTrack(); ef.set_log_level('trace')\n"
        "c = ef.Tracing('/dev/null'); c.start()\n"
    )
    assert run(program).returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_forked_children_log_and_decode_beside_busy_threads() -> None:
    program = """
import logging, os, signal, threading
import numpy as np
import edgefirst_hal as ef
logging.getLogger("edgefirst_hal").addHandler(logging.NullHandler())
logging.getLogger("edgefirst_hal").setLevel(1)
ef.set_log_level("trace")
data = ef.Tensor.wrap(np.zeros((64, 64, 3), np.uint8), ef.PixelFormat.Rgb).encode_jpeg(80)
decoder = ef.ImageDecoder()
stop = threading.Event()
def work():
    target = ef.Tensor.image(64, 64, ef.PixelFormat.Rgb)
    while not stop.is_set():
        decoder.decode(data, target)
threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads: thread.start()
class Count(logging.Handler):
    records = 0
    def emit(self, record):
        Count.records += 1
for _ in range(60):
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        logging.getLogger("edgefirst_hal").addHandler(Count())
        decoder.decode(data, ef.Tensor.image(64, 64, ef.PixelFormat.Rgb))
        os._exit(0 if Count.records > 0 else 1)
    ended = os.waitpid(child, 0)[1]
    if ended != 0:
        print("child ended with", ended)
        break
stop.set()
for thread in threads: thread.join()
"""
    forks_beside_threads = "ignore::DeprecationWarning"  # of CPython since 3.12
    ended = subprocess.run(
        [sys.executable, "-W", forks_beside_threads, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
