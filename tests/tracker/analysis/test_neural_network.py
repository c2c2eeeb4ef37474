"""Loading the trained network, and its answers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tracker.analysis.neural_features import FEATURE_SIZES
from tracker.analysis.neural_network import DIRECTORY, SHA256, STATE, ModelError, Network, shared

TEXT = "Governor Tamsin Vell said the dam at Orrin would hold."


def window(text, network):
    pieces, _ = network.pieces(text)
    return np.array(pieces), np.zeros((len(pieces), len(FEATURE_SIZES)), np.int64)


@pytest.fixture
def copied(tmp_path):
    shutil.copytree(DIRECTORY, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.parametrize("name", sorted(SHA256))
def test_a_file_that_was_changed_is_refused(copied, name):
    with (copied / name).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ModelError, match=name):
        Network(copied)


def test_a_missing_file_is_named(copied):
    (copied / "linker.onnx").unlink()
    with pytest.raises(ModelError, match=r"linker\.onnx"):
        Network(copied)


def test_the_runtime_tells_its_maker_nothing(tmp_path):
    """Of itself it would: an id in the home folder, and a store there of what is to be sent."""
    code = "from tracker.analysis.neural_network import shared; print(len(shared().pieces('It rained.')[0]))"
    own = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME")
    environment = {name: said for name, said in os.environ.items() if name not in own} | {"HOME": str(tmp_path)}
    root, command = Path(__file__).parents[3], [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
    assert list(tmp_path.rglob("*")) == []


def test_it_is_small_enough():
    assert sum((DIRECTORY / name).stat().st_size for name in SHA256) <= 25_000_000


def test_it_is_loaded_once_a_process():
    assert shared() is shared()


def test_the_same_window_gets_the_same_answer_whatever_was_read_before():
    network = Network()
    asked = window(TEXT, network)
    first = network.read(*asked)
    network.read(*window(TEXT * 8, network))
    again = network.read(*asked)
    assert (first.cue == again.cue).all()
    assert (first.state == again.state).all()
    assert first.state.shape == (len(asked[0]), 2 * STATE)


def test_it_takes_said_for_a_cue_and_trucks_for_none():
    network = shared()
    text = "Denn said the trucks had left Kesh."
    pieces, offsets = network.pieces(text)
    cue = network.read(*window(text, network)).cue
    likely = {text[a:b]: 1 - np.exp(row[0]) / np.exp(row).sum() for (a, b), row in zip(offsets, cue, strict=True)}
    assert likely["said"] > 0.5 > likely["trucks"]
    assert pieces


def test_offsets_are_code_points():
    text = "“Żółw 🐢 passed,” Denn said"
    _, offsets = shared().pieces(text)
    assert text[slice(*offsets[-1])] == "said"
