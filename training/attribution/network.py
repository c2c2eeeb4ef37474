"""The network in torch: the reader, a small BERT with features of its own, and the linker, two layers round a cue."""

from __future__ import annotations

from pathlib import Path
from threading import local

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from tracker.analysis.neural_features import DISTANCES, FEATURE_SIZES, PLACES
from tracker.analysis.neural_network import STATE

VOCABULARY, POSITIONS, KINDS = 30522, 512, 2
WIDTH, HEADS, INNER, LAYERS = 384, 12, 1536, 6  # of MiniLM-L6-H384, whose weights the reader starts from
LINK_HEADS, LINK_INNER, LINK_LAYERS = 4, 320, 2
DROPOUT = 0.1
CUE_LABELS, ROLE_LABELS, LINK_LABELS = 3, 7, 5
_FAR_DOWN = -1e4

_of_thread = local()


def seed_dropout(seed: int) -> None:
    """Start this thread's own random numbers for dropout: torch's are shared between threads, in no fixed order."""
    _of_thread.noise = torch.Generator().manual_seed(seed)


def dropped(x: Tensor, *, training: bool) -> Tensor:
    """``x`` with a share ``DROPOUT`` of its numbers left out while training."""
    if not training:
        return x
    return x * torch.empty_like(x).bernoulli_(1 - DROPOUT, generator=_of_thread.noise).div_(1 - DROPOUT)


class Layer(nn.Module):
    """One transformer layer; it normalises ``first`` (linker) or after attention and feed-forward (BERT)."""

    def __init__(self, width: int, heads: int, inner: int, *, first: bool) -> None:
        super().__init__()
        epsilon = 1e-5 if first else 1e-12
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.n1, self.n2 = nn.LayerNorm(width, eps=epsilon), nn.LayerNorm(width, eps=epsilon)
        self.heads, self.first = heads, first

    def attend(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """Self-attention in plain operations: on short windows they are faster than the fused one, and they export."""
        rows, words, width = x.shape
        q, k, v = (
            part.reshape(rows, words, self.heads, width // self.heads).transpose(1, 2)
            for part in self.qkv(x).chunk(3, -1)
        )
        weight = (q * (width // self.heads) ** -0.5) @ k.transpose(-1, -2)
        mixed = (weight if bias is None else weight + bias.to(weight.dtype)).softmax(-1).to(v.dtype) @ v
        return self.out(mixed.transpose(1, 2).reshape(rows, words, width))

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """The layer's output for ``x`` [rows, words, width]."""
        if self.first:
            x = x + self._dropped(self.attend(self.n1(x), bias))
            return x + self._dropped(self.down(functional.gelu(self.up(self.n2(x)))))
        x = self.n1(x + self._dropped(self.attend(x, bias)))
        return self.n2(x + self._dropped(self.down(functional.gelu(self.up(x)))))

    def _dropped(self, x: Tensor) -> Tensor:
        return dropped(x, training=self.training)


class Reader(nn.Module):
    """Reads windows of word pieces: logits of cues and of roles, and the linker's states."""

    def __init__(self) -> None:
        super().__init__()
        self.word, self.pos = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.kind = nn.Embedding(KINDS, WIDTH)
        self.feat = nn.ModuleList(nn.Embedding(size, WIDTH) for size in FEATURE_SIZES)
        for feature in self.feat:
            nn.init.zeros_(feature.weight)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer(WIDTH, HEADS, INNER, first=False) for _ in range(LAYERS))
        self.cue, self.tag = nn.Linear(WIDTH, CUE_LABELS), nn.Linear(WIDTH, ROLE_LABELS)
        self.state, self.anchor = nn.Linear(WIDTH, STATE), nn.Linear(WIDTH, STATE)

    def forward(self, pieces: Tensor, features: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of cues and of roles, and states, of ``pieces`` [windows, pieces]; ``mask`` is 1 at real pieces."""
        x = self.word(pieces) + self.pos.weight[: pieces.shape[1]] + self.kind.weight[0]
        for index, feature in enumerate(self.feat):
            x = x + feature(features[..., index])
        x = dropped(self.norm(x), training=self.training)
        bias = None if mask is None else _bias(mask)
        for layer in self.layers:
            x = layer(x, bias)
        x = dropped(x, training=self.training)
        return self.cue(x), self.tag(x), torch.cat([self.state(x), self.anchor(x)], -1)

    def start_from(self, path: Path) -> None:
        """Take over the weights of a BERT encoder of the same size (a safetensors file)."""
        held = load_file(str(path))
        with torch.no_grad():
            for own, name in ((self.word, "word"), (self.pos, "position"), (self.kind, "token_type")):
                own.weight.copy_(held[f"embeddings.{name}_embeddings.weight"])
            _copy(self.norm, held, "embeddings.LayerNorm")
            for index, layer in enumerate(self.layers):
                at = f"encoder.layer.{index}"
                for kind in ("weight", "bias"):
                    parts = [held[f"{at}.attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
                    getattr(layer.qkv, kind).copy_(torch.cat(parts))
                _copy(layer.out, held, f"{at}.attention.output.dense")
                _copy(layer.n1, held, f"{at}.attention.output.LayerNorm")
                _copy(layer.up, held, f"{at}.intermediate.dense")
                _copy(layer.down, held, f"{at}.output.dense")
                _copy(layer.n2, held, f"{at}.output.LayerNorm")


class Linker(nn.Module):
    """Labels the words around one cue as its source, its content or neither, and judges whether it is a cue."""

    def __init__(self) -> None:
        super().__init__()
        self.film = nn.Linear(STATE, 2 * STATE)
        self.rel, self.dist = nn.Embedding(PLACES, STATE), nn.Embedding(DISTANCES, STATE)
        for embedding in (self.rel, self.dist):
            nn.init.normal_(embedding.weight, std=0.1)
        self.inn, self.norm = nn.LayerNorm(STATE), nn.LayerNorm(STATE)
        self.layers = nn.ModuleList(Layer(STATE, LINK_HEADS, LINK_INNER, first=True) for _ in range(LINK_LAYERS))
        self.label, self.valid = nn.Linear(STATE, LINK_LABELS), nn.Linear(2 * STATE, 1)

    def forward(
        self, states: Tensor, anchors: Tensor, places: Tensor, distances: Tensor, mask: Tensor, cue: Tensor
    ) -> tuple[Tensor, Tensor]:
        """As in ``tracker.analysis.neural_network.Network.link``."""
        scale, shift = self.film(anchors).chunk(2, -1)
        x = states * (1 + scale[:, None]) + shift[:, None] + self.rel(places) + self.dist(distances)
        x = dropped(self.inn(x), training=self.training)
        bias = _bias(mask)
        for layer in self.layers:
            x = layer(x, bias)
        x = self.norm(x)
        pooled = (cue[..., None] * x).sum(1)
        return self.label(x), self.valid(torch.cat([pooled, anchors], -1))[:, 0]


def _bias(mask: Tensor) -> Tensor:
    return ((1.0 - mask.float()) * _FAR_DOWN)[:, None, None, :]


def _copy(module: nn.Module, held: dict[str, Tensor], name: str) -> None:
    for kind in ("weight", "bias"):
        getattr(module, kind).copy_(held[f"{name}.{kind}"])
