"""Writes the graphs that the product runs: weights in 8 bits, activations quantised as they come.

    python -m training.attribution.export OUT MODEL

OUT/network.pt becomes MODEL/reader.onnx and MODEL/linker.onnx; the tokeniser is put beside them. The hashes that
``tracker.analysis.neural_network.SHA256`` has to hold are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import shutil
import tempfile
import warnings
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from tracker.analysis.neural_features import FEATURE_SIZES
from tracker.analysis.neural_network import SHA256, STATE
from training.attribution.network import Linker, Reader
from training.attribution.train import encoder

log = logging.getLogger("export")

_OPSET = 17
_LINKER_INPUTS = ("states", "anchors", "places", "distances", "mask", "cue")


class _Read(nn.Module):
    """The reader without what only training needs: one window, no padding, no role logits."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, pieces: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        cue, _, state = self.reader(pieces, features)
        return cue, state


def export(checkpoint: Path, model: Path) -> None:
    """Write the two graphs and the tokeniser to ``model``."""
    held = torch.load(checkpoint, weights_only=True)
    reader, linker = Reader(), Linker()
    reader.load_state_dict(held["reader"])
    linker.load_state_dict(held["linker"])
    model.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        full = Path(name)
        _reader(reader.eval(), full / "reader.onnx")
        _linker(linker.eval(), full / "linker.onnx")
        _quantise(full / "reader.onnx", model / "reader.onnx", ["MatMul", "Gemm", "Gather"])
        _quantise(full / "linker.onnx", model / "linker.onnx", ["MatMul", "Gemm"])
    shutil.copyfile(encoder() / "tokenizer.json", model / "tokenizer.json")


def _reader(reader: Reader, path: Path) -> None:
    length = {1: "pieces"}
    example = (torch.randint(1000, 2000, (1, 40)), torch.zeros(1, 40, len(FEATURE_SIZES), dtype=torch.long))
    _write(
        _Read(reader), example, path, ("pieces", "features"), ("cue", "state"),
        dict.fromkeys(("pieces", "features", "cue", "state"), length),
    )  # fmt: skip


def _linker(linker: Linker, path: Path) -> None:
    cues, words = 3, 30
    number = torch.zeros(cues, words, dtype=torch.long)
    example = (
        torch.randn(cues, words, STATE), torch.randn(cues, STATE), number, number,
        torch.ones(cues, words), torch.full((cues, words), 1 / words),
    )  # fmt: skip
    axes = {name: {0: "cues", 1: "words"} for name in (*_LINKER_INPUTS, "labels")}
    axes |= {name: {0: "cues"} for name in ("anchors", "valid")}
    _write(linker, example, path, _LINKER_INPUTS, ("labels", "valid"), axes)


def _write(
    module: nn.Module, example: tuple[Tensor, ...], path: Path, inputs: tuple[str, ...], outputs: tuple[str, ...],
    axes: dict[str, dict[int, str]],
) -> None:  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module, example, str(path), input_names=list(inputs), output_names=list(outputs), dynamic_axes=axes,
            opset_version=_OPSET, dynamo=False,
        )  # fmt: skip


def _quantise(full: Path, small: Path, operations: list[str]) -> None:
    quantize_dynamic(full, small, weight_type=QuantType.QInt8, per_channel=True, op_types_to_quantize=operations)


def main() -> None:
    """Command line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("out", type=Path)
    asked.add_argument("model", type=Path)
    told = asked.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    export(told.out / "network.pt", told.model)
    for name in SHA256:
        content = (told.model / name).read_bytes()
        log.info('    "%s": "%s",  # %.2f MB', name, hashlib.sha256(content).hexdigest(), len(content) / 1e6)


if __name__ == "__main__":
    main()
