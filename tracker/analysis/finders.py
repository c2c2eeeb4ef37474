"""The span finders to choose from, and the name under which the statements of each are recorded."""

from __future__ import annotations

from enum import StrEnum

from tracker.analysis.spans import SpanFinder

# Raised with every change of what follows the span finder too: resolution, polarity, modality, quantities, scope.
REVISION = "3"


class Finder(StrEnum):
    """How sources, cues and contents are found.

    ``rules`` read the parse: sure of plain "X said Y", silent on silence ("did not say"). ``trained`` is a network
    fitted on PolNeAR, which finds far more beliefs, plans and criticism, and takes some silences for statements.
    """

    RULES = "rules"
    TRAINED = "trained"


DEFAULT = Finder.TRAINED


def extractor(finder: Finder) -> tuple[str, str]:
    """Name and version of the analysis with this finder, as recorded with every statement."""
    if finder is Finder.TRAINED:
        from tracker.analysis.neural_network import VERSION  # noqa: PLC0415  the runtime takes a while to load

        return "corroborate-trained", f"{REVISION}.{VERSION}"
    return "corroborate-rules", REVISION


def make(finder: Finder) -> SpanFinder:
    """A finder, ready for use. Raises ``ModelError`` when the network's files are not the ones it was shipped with."""
    if finder is Finder.TRAINED:
        from tracker.analysis.neural_spans import NeuralSpanFinder  # noqa: PLC0415

        return NeuralSpanFinder()
    from tracker.analysis.rules import RuleSpanFinder  # noqa: PLC0415

    return RuleSpanFinder()
